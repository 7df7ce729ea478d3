// Package worker has the commands that answer which executable serves a request: provision, resolve, which and rollback.
package worker

import (
	"context"

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
