package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/rbee-keeper/provision/provisioner/engine"
	"github.com/spf13/cobra"
)

func (a *app) resolveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "resolve TYPE[@CONSTRAINT]",
		Short:             "Show what would be installed, and why nothing else would",
		Args:              exactArgs(1, "a worker type"),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.resolve(cmd.Context(), args[0]) },
		ValidArgsFunction: a.completeTypes,
	}
	a.requestFlags(cmd)
	a.sourceFlags(cmd)
	return cmd
}

// resolve prints the plan also where nothing can be had: it tells why.
func (a *app) resolve(ctx context.Context, arg string) error {
	p, req, err := a.openFor(arg)
	if err != nil {
		return err
	}
	plan, err := p.Resolve(ctx, req)
	if plan.Candidates == nil {
		return err
	}
	if a.json {
		if printErr := a.print(plan); err == nil {
			err = printErr
		}
		return err
	}
	if printErr := a.printPlan(plan); err == nil {
		err = printErr
	}
	return err
}

func (a *app) printPlan(plan engine.Plan) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tVENDOR\tVERSION\tASSET\tREASON")
	if plan.Chosen != nil {
		printChoice(table, "*", *plan.Chosen)
	}
	for _, c := range plan.Candidates {
		printChoice(table, " ", c)
	}
	return table.Flush()
}

func printChoice(table *tabwriter.Writer, mark string, c engine.PlanItem) {
	reason := c.Reason
	if c.Fallback {
		reason = joinNonEmpty("; ", reason, "fallback")
	}
	fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", mark, orDash(c.Vendor), orDash(c.Version), orDash(c.Asset), reason)
}
