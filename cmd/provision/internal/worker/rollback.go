package worker

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
)

const rollbackHelp = `Go back to the worker that was installed before the newest one.

The newest installed worker is marked bad, and the path of the one that serves now is printed. The same release is not
installed again; a newer one is. No source is asked.

If there is no other worker to go back to, nothing is marked and the exit code is 3.
` + "`provision mark ID --good`" + ` removes the mark.`

// Rollback marks the newest installed worker as bad.
type Rollback struct {
	*cli.Session
	cli.Request
	Reason string // why it is bad; may be empty
}

// NewRollback returns the command `rollback`.
func NewRollback(s *cli.Session) *cobra.Command {
	c := &Rollback{Session: s}
	cmd := &cobra.Command{
		Use:               "rollback TYPE[@CONSTRAINT]",
		Short:             "Mark the newest installed worker as bad and go back to the one before",
		Long:              rollbackHelp,
		Args:              cli.ExactArgs(1, "a worker type"),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args[0]) },
		ValidArgsFunction: s.CompleteTypes,
	}
	cmd.Flags().StringVar(&c.Reason, "reason", "", "`text` that says why it is bad")
	c.TargetFlags(cmd.Flags())
	return cmd
}

// rolledBack is the answer of `rollback --json`: the worker that serves now, and the ID of the one that was marked.
type rolledBack struct {
	report.Worker
	Marked string `json:"marked_bad"`
}

// Run rolls back the worker for TYPE[@CONSTRAINT].
func (c *Rollback) Run(ctx context.Context, arg string) error {
	p, req, err := c.Open(c.Session, arg)
	if err != nil {
		return err
	}
	reporter := c.NewReporter()
	req.OnEvent = reporter.Event
	bad, serving, err := p.Rollback(ctx, req, c.Reason)
	reporter.Close(err)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.Print(rolledBack{report.NewWorker(serving), bad.Worker.ID})
	}
	c.Notef("marked %s bad", bad.Worker.ID)
	if serving.Fallback {
		c.Notef("using a fallback, %s", serving.Worker.ID)
	}
	return c.PrintPath(serving)
}
