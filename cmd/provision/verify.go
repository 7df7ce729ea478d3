package main

import (
	"cmp"
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const verifyHelp = `Hold every file of the installed workers against what was recorded when it was installed: its bytes, its mode, where links lead,
whether the executable is one for its platform, whether the records agree, and whether anything lies there that was not installed.
Nothing is written. Of workers that another program installed only the presence, size and format of the executable can be checked.

The exit code is 5 if anything is wrong.`

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "verify [ID...]",
		Short:             "Check the installed workers, byte for byte",
		Long:              verifyHelp,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.verify(cmd.Context(), args) },
		ValidArgsFunction: a.completeIDs,
	}
}

func (a *app) verify(ctx context.Context, ids []string) error {
	workers, err := a.catalog()
	if err != nil {
		return err
	}
	found, err := provisioner.Verify(ctx, workers, ids)
	if err != nil {
		return err
	}
	if a.json {
		err = a.printConditions(found)
	} else {
		err = a.printConditionTable(found)
	}
	return cmp.Or(err, provisioner.DamageError(found))
}

// verified is an entry as `verify --json` prints it.
type verified struct {
	provisioner.Condition
	OK bool `json:"ok"`
}

func (a *app) printConditions(found []provisioner.Condition) error {
	rows := make([]verified, 0, len(found))
	for _, c := range found {
		rows = append(rows, verified{c, !c.IsDamaged()})
	}
	return a.print(rows)
}

func (a *app) printConditionTable(found []provisioner.Condition) error {
	if len(found) == 0 {
		fmt.Fprintln(a.stderr, "provision: no worker is installed")
		return nil
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STATE\tENTRY\tFILES\tSIZE\tNOTE")
	for _, c := range found {
		state := "ok"
		if c.IsDamaged() {
			state = "damaged"
		}
		for _, note := range notesOn(c) {
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", state, c.ID, c.Files, formatBytes(c.Bytes), note)
		}
	}
	return table.Flush()
}

// notesOn are what is to be said of an entry, a line each; at least one.
func notesOn(c provisioner.Condition) []string {
	var notes []string
	for _, p := range c.Problems {
		notes = append(notes, p.String())
	}
	if c.Foreign {
		notes = append(notes, "another program installed it: there are no digests to check")
	}
	if c.Status.State == catalog.Failed {
		notes = append(notes, c.Status.Error)
	}
	if len(notes) == 0 {
		return []string{"-"}
	}
	return notes
}
