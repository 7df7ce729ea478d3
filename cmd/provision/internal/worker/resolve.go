package worker

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// Resolve prints what would be installed, and why nothing else would.
type Resolve struct {
	*cli.Session
	cli.Request
}

// NewResolve returns the command `resolve`.
func NewResolve(s *cli.Session) *cobra.Command {
	c := &Resolve{Session: s}
	cmd := &cobra.Command{
		Use:               "resolve TYPE[@CONSTRAINT]",
		Short:             "Show what would be installed, and why nothing else would",
		Args:              cli.ExactArgs(1, "a worker type"),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args[0]) },
		ValidArgsFunction: s.CompleteTypes,
	}
	c.TargetFlags(cmd.Flags())
	c.SourceFlags(cmd.Flags())
	return cmd
}

// Run prints the plan for TYPE[@CONSTRAINT]. If nothing fits it prints the plan too, which has the reasons, and returns
// an error.
func (c *Resolve) Run(ctx context.Context, arg string) error {
	p, req, err := c.Open(c.Session, arg)
	if err != nil {
		return err
	}
	plan, err := p.Resolve(ctx, req)
	if plan.Candidates == nil {
		return err
	}
	if c.JSON {
		return cmp.Or(err, c.Print(plan))
	}
	return cmp.Or(err, c.printPlan(plan))
}

func (c *Resolve) printPlan(plan engine.Plan) error {
	var rows [][]string
	add := func(mark string, item engine.PlanItem) {
		reason := item.Reason
		if item.Fallback {
			reason = report.Join("; ", reason, "fallback")
		}
		rows = append(rows, []string{
			mark, cmp.Or(item.Vendor, "-"), cmp.Or(item.Version, "-"), cmp.Or(item.Asset, "-"), reason,
		})
	}
	if plan.Chosen != nil {
		add("*", *plan.Chosen)
	}
	for _, candidate := range plan.Candidates {
		add(" ", candidate)
	}
	return c.Table("\tVENDOR\tVERSION\tASSET\tREASON", rows)
}
