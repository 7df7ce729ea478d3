package entry

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/printable"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/provisioner/prune"
)

const pruneHelp = `Remove old workers, what killed runs left, and caches.

  provision prune                   what killed runs left and the vendors' caches, but no installed worker
  provision prune --keep 2          also all but the 2 newest workers of each type, platform and architecture
  provision prune --unused-for 30d  also those that were not used for 30 days, but for the newest
  provision prune cpu-llm --keep 2 --unused-for 2w
                                    of cpu-llm alone, those not among the 2 newest and not used for 2 weeks

Workers stay that run, that are being installed, or whose record can't be read. What serves a request now stays too,
unless --keep 0 is given. A release that was marked bad stays until a newer one is installed: otherwise it would be
installed again.`

// Prune removes old workers and caches.
type Prune struct {
	*cli.Session
	prune.Options
}

// NewPrune returns the command `prune`.
func NewPrune(s *cli.Session) *cobra.Command {
	c := &Prune{Session: s}
	var keep int
	var unusedFor string
	cmd := &cobra.Command{
		Use:   "prune [TYPE...]",
		Short: "Remove old workers and free what is not needed",
		Long:  pruneHelp,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if cmd.Flags().Changed("keep") {
				c.Keep = &keep
			}
			if cmd.Flags().Changed("unused-for") {
				if c.UnusedFor, err = prune.ParseSpan(unusedFor); err != nil {
					return exit.WrongUsage(fmt.Errorf("--unused-for: %w", err))
				}
			}
			return c.Run(cmd.Context(), args)
		},
		ValidArgsFunction: s.CompleteTypes,
	}
	cmd.Flags().IntVar(&keep, "keep", 1, "keep the `N` newest of each type, platform and architecture")
	cmd.Flags().StringVar(&unusedFor, "unused-for", "", "remove only what was not used for a `time` such as 30d or 2w")
	cmd.Flags().BoolVar(&c.DryRun, "dry-run", false, "print what would be removed, and remove nothing")
	return cmd
}

// Run prunes the workers of some types; no types mean all.
func (c *Prune) Run(ctx context.Context, types []string) error {
	for _, name := range types {
		t, err := catalog.ParseWorkerType(name)
		if err != nil {
			return exit.WrongUsage(err)
		}
		c.Types = append(c.Types, t)
	}
	keepsAll := c.Keep == nil && c.UnusedFor == 0
	if len(types) > 0 && keepsAll {
		return exit.Usagef("want --keep or --unused-for with a worker type; see `provision prune --help`")
	}
	p, err := c.Provisioner(nil)
	if err != nil {
		return err
	}
	pruned, err := prune.Run(ctx, p, c.Options)
	if pruned.Removed == nil {
		return err
	}
	if c.JSON {
		return cmp.Or(err, c.Print(pruned))
	}
	removed := report.NewSection("SIZE\tWHAT\tNAME\tREASON", pruned.Removed, func(i prune.Item) []string {
		return []string{report.Bytes(i.Bytes), string(i.Kind), printable.Name(i.Name), printable.Name(i.Reason)}
	})
	err = cmp.Or(err, c.Sections(removed))
	for _, i := range pruned.Skipped {
		c.Notef("kept %s %s: %s", i.Kind, printable.Name(i.Name), printable.Name(i.Reason))
	}
	if keepsAll {
		c.Notef("no installed worker was considered: --keep and --unused-for choose which may go")
	}
	verb := "freed"
	if pruned.DryRun {
		verb = "would free"
	}
	c.Notef("%s %s", verb, report.Bytes(pruned.Freed))
	return err
}
