package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func (a *app) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the installed workers",
		Args:  exactArgs(0, "no argument"),
		RunE:  func(*cobra.Command, []string) error { return a.list() },
	}
}

// listed is an entry as `list --json` prints it.
type listed struct {
	worker
	Status catalog.Status `json:"status"`
}

// list prints what can be read, and returns what can't as an error.
func (a *app) list() error {
	workers, err := a.catalog()
	if err != nil {
		return err
	}
	entries, unreadable := workers.List()
	rows := make([]listed, 0, len(entries))
	for _, w := range entries {
		result := provisioner.Result{Worker: w}
		if p, err := workers.ReadProvenance(w.ID); err == nil {
			result.Provenance, result.Fallback = &p, p.Fallback
		}
		rows = append(rows, listed{describe(result), w.Status})
	}
	if a.json {
		err = a.print(rows)
	} else if len(rows) > 0 || unreadable == nil {
		err = a.printRows(rows)
	}
	if err != nil {
		return err
	}
	return unreadable
}

func (a *app) printRows(rows []listed) error {
	if len(rows) == 0 {
		fmt.Fprintln(a.stderr, "provision: no worker is installed")
		return nil
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TYPE\tVERSION\tPLATFORM\tSTATUS\tVENDOR\tSIZE\tPATH")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s/%s\t%s\t%s\t%s\t%s\n", r.WorkerType, catalog.Legible(r.Version), r.Platform, r.Arch, catalog.Legible(r.Status.String()),
			orDash(catalog.Legible(r.Vendor)), formatBytes(r.Size), catalog.Legible(r.Path))
	}
	return table.Flush()
}
