package main

import (
	"cmp"
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/provisioner/prune"
)

const pruneHelp = `Free the disk of old workers, of what killed runs left, and of what is kept only to be faster.

  provision prune                                  no installed worker, only what killed runs left and the vendors' caches
  provision prune --keep 2                         also all but the 2 newest workers of each type, platform and architecture
  provision prune --unused-for 30d                 also those that were not used for 30 days, but for the newest
  provision prune cpu-llm --keep 2 --unused-for 2w of cpu-llm alone, what is neither among the 2 newest nor was used for 2 weeks

Workers that run, that are being installed, or whose record can't be read stay. What a request is served with now stays too, unless
--keep 0 is given. A release that was marked bad stays until a newer one is installed: otherwise it would be installed again.`

func (a *app) pruneCommand() *cobra.Command {
	var keep int
	var unusedFor string
	var opts prune.Options
	cmd := &cobra.Command{
		Use:   "prune [TYPE...]",
		Short: "Remove old workers and free what is not needed",
		Long:  pruneHelp,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if cmd.Flags().Changed("keep") {
				opts.Keep = &keep
			}
			if cmd.Flags().Changed("unused-for") {
				if opts.UnusedFor, err = prune.ParseSpan(unusedFor); err != nil {
					return exit.WrongUsage(fmt.Errorf("--unused-for: %w", err))
				}
			}
			return a.prune(cmd.Context(), args, opts)
		},
		ValidArgsFunction: a.completeTypes,
	}
	cmd.Flags().IntVar(&keep, "keep", 1, "keep the `N` newest of each type, platform and architecture")
	cmd.Flags().StringVar(&unusedFor, "unused-for", "", "remove only what was not used for this `time`, such as 30d or 2w")
	cmd.Flags().BoolVar(&opts.DryRun, "dry-run", false, "tell what would be removed, and remove nothing")
	return cmd
}

func (a *app) prune(ctx context.Context, types []string, opts prune.Options) error {
	for _, name := range types {
		t, err := catalog.ParseWorkerType(name)
		if err != nil {
			return exit.WrongUsage(err)
		}
		opts.Types = append(opts.Types, t)
	}
	if len(types) > 0 && opts.Keep == nil && opts.UnusedFor == 0 {
		return exit.Usagef("want --keep or --unused-for with a worker type; see `provision prune --help`")
	}
	p, err := a.provisioner()
	if err != nil {
		return err
	}
	report, err := prune.Run(ctx, p, opts)
	if report.Removed == nil {
		return err
	}
	if a.json {
		return cmp.Or(err, a.print(report))
	}
	if printErr := a.printPruned(report); err == nil {
		err = printErr
	}
	if !a.quiet {
		a.tellPruned(report, opts)
	}
	return err
}

func (a *app) printPruned(report prune.Report) error {
	if len(report.Removed) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SIZE\tWHAT\tNAME\tREASON")
	for _, i := range report.Removed {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", formatBytes(i.Bytes), i.Sort, catalog.Legible(i.Name), catalog.Legible(i.Reason))
	}
	return table.Flush()
}

func (a *app) tellPruned(report prune.Report, opts prune.Options) {
	for _, i := range report.Skipped {
		fmt.Fprintf(a.stderr, "provision: kept %s %s: %s\n", i.Sort, catalog.Legible(i.Name), catalog.Legible(i.Reason))
	}
	if opts.Keep == nil && opts.UnusedFor == 0 {
		fmt.Fprintln(a.stderr, "provision: no installed worker was looked at: --keep and --unused-for tell which may go")
	}
	verb := "freed"
	if report.DryRun {
		verb = "would free"
	}
	fmt.Fprintf(a.stderr, "provision: %s %s\n", verb, formatBytes(report.Freed))
}
