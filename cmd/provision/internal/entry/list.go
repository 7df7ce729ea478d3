// Package entry has the commands that look after what is installed: list, verify, remove, mark and prune. They work on
// entries of the catalog; only a repair asks a source.
package entry

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/printable"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/provisioner"
)

// List prints the installed workers.
type List struct{ *cli.Session }

// NewList returns the command `list`.
func NewList(s *cli.Session) *cobra.Command {
	c := &List{Session: s}
	return &cobra.Command{
		Use:   "list",
		Short: "List the installed workers",
		Args:  cli.ExactArgs(0, "no argument"),
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
}

// listed is an entry in the answer of `list --json`.
type listed struct {
	report.Worker
	Status catalog.Status `json:"status"`
}

// Run prints the entries that can be read. Its error is about those that can't.
func (c *List) Run() error {
	workers, err := c.Catalog()
	if err != nil {
		return err
	}
	entries, unreadable := workers.Entries()
	rows := make([]listed, 0, len(entries))
	for _, e := range entries {
		rows = append(rows, listed{report.NewWorker(provisioner.Result{Entry: e, Fallback: e.IsFallback()}), e.Worker.Status})
	}
	if c.JSON {
		err = c.Print(map[string][]listed{"workers": rows})
	} else if len(rows) > 0 || unreadable == nil {
		err = c.printRows(rows)
	}
	return cmp.Or(err, unreadable)
}

func (c *List) printRows(rows []listed) error {
	if len(rows) == 0 {
		c.Linef("no worker is installed")
		return nil
	}
	const heading = "TYPE\tVERSION\tPLATFORM\tSTATUS\tVENDOR\tSIZE\tPATH"
	return c.Sections(report.NewSection(heading, rows, func(r listed) []string {
		return []string{
			r.WorkerType.String(), printable.Name(r.Version), r.Platform.String() + "/" + r.Arch.String(),
			printable.Name(r.Status.String()), cmp.Or(printable.Name(r.Vendor), "-"), report.Bytes(r.Size),
			printable.Name(r.Path),
		}
	}))
}
