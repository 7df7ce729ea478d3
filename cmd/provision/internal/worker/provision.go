// Package worker has the commands that answer which executable serves a request: provision, resolve, which and
// rollback.
package worker

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
)

// Provision is the main command: it installs the newest worker that fits a request and prints its path.
type Provision struct {
	*cli.Session
	cli.Request
}

// provisioned is the answer of `provision TYPE --json`.
type provisioned struct {
	report.Worker
	Installed bool `json:"installed"` // by this run
}

// Run provisions a worker for TYPE[@CONSTRAINT].
func (c *Provision) Run(ctx context.Context, arg string) error {
	p, req, err := c.Open(c.Session, arg)
	if err != nil {
		return err
	}
	reporter := c.NewReporter()
	req.OnEvent = reporter.Event
	result, err := p.Provision(ctx, req)
	reporter.Close(err)
	if err != nil {
		c.Reported = c.JSON && !c.Quiet // by the last event
		return err
	}
	if c.JSON {
		return c.Print(provisioned{report.NewWorker(result), result.Installed})
	}
	return c.PrintPath(result)
}

// Which prints the path of the installed worker that serves a request.
type Which struct {
	*cli.Session
	cli.Request
}

// NewWhich returns the command `which`.
func NewWhich(s *cli.Session) *cobra.Command {
	c := &Which{Session: s}
	cmd := &cobra.Command{
		Use:               "which TYPE[@CONSTRAINT]",
		Short:             "Print the path of the newest installed worker, asking no source",
		Args:              cli.ExactArgs(1, "a worker type"),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args[0]) },
		ValidArgsFunction: s.CompleteTypes,
	}
	c.TargetFlags(cmd.Flags())
	return cmd
}

// Run finds the worker for TYPE[@CONSTRAINT].
func (c *Which) Run(ctx context.Context, arg string) error {
	p, req, err := c.Open(c.Session, arg)
	if err != nil {
		return err
	}
	reporter := c.NewReporter()
	req.OnEvent = reporter.Event
	result, err := p.Installed(ctx, req)
	reporter.Close(err)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.Print(report.NewWorker(result))
	}
	return c.PrintPath(result)
}
