package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

const rollbackHelp = `Go back to the worker that was there before the newest.

The newest installed one is marked bad, and the path of the one that serves now is printed. The same release is not installed again; a newer one is. No source is asked.

If there is none to go back to, nothing is marked, and the exit code is 3. ` + "`provision mark ID --good`" + ` removes the mark.`

func (a *app) rollbackCommand() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "rollback TYPE[@CONSTRAINT]",
		Short:             "Mark the newest installed worker as bad and go back to the one before",
		Long:              rollbackHelp,
		Args:              exactArgs(1, "a worker type"),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.rollback(cmd.Context(), args[0], reason) },
		ValidArgsFunction: a.completeTypes,
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that tells why it is bad")
	a.requestFlags(cmd)
	return cmd
}

// rolledBack is what `rollback --json` prints: the worker that serves now, and the one that was marked.
type rolledBack struct {
	worker
	Marked string `json:"marked_bad"`
}

func (a *app) rollback(ctx context.Context, arg, reason string) error {
	p, req, err := a.openFor(arg)
	if err != nil {
		return err
	}
	reporter := a.newReporter()
	req.OnEvent = reporter.event
	bad, serving, err := p.Rollback(ctx, req, reason)
	reporter.close(err)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(rolledBack{describe(serving), bad.Worker.ID})
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "provision: marked %s bad\n", bad.Worker.ID)
		if serving.Fallback {
			fmt.Fprintf(a.stderr, "provision: using a fallback, %s\n", serving.Worker.ID)
		}
	}
	return a.printPath(serving)
}
