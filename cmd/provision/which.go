package main

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) whichCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "which TYPE[@CONSTRAINT]",
		Short:             "Print the path of the newest installed worker, asking no source",
		Args:              exactArgs(1, "a worker type"),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.which(cmd.Context(), args[0]) },
		ValidArgsFunction: a.completeTypes,
	}
	a.requestFlags(cmd)
	return cmd
}

func (a *app) which(ctx context.Context, arg string) error {
	p, req, err := a.openFor(arg)
	if err != nil {
		return err
	}
	reporter := a.newReporter()
	req.OnEvent = reporter.event // of what is passed over
	result, err := p.Installed(ctx, req)
	reporter.close(err)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(describe(result))
	}
	return a.printPath(result)
}
