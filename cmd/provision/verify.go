package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

const verifyHelp = `Hold every file of the installed workers against what was recorded when it was installed.

Looked at are its bytes, its mode, where links lead, whether the executable is one for its platform, whether the records agree, and whether anything lies there that was not installed.
Nothing is written. Of workers that another program installed only the presence, size and format of the executable can be checked.

--repair makes what is damaged whole: the same release is brought again from the source that is recorded, held against the recorded
digests, and put in place at once; what was not installed is deleted. Workers that run are left alone.

The exit code is 5 if anything is wrong, with --repair if anything still is.`

func (a *app) verifyCommand() *cobra.Command {
	var repair bool
	cmd := &cobra.Command{
		Use:               "verify [ID...]",
		Short:             "Check the installed workers, byte for byte",
		Long:              verifyHelp,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.verify(cmd.Context(), args, repair) },
		ValidArgsFunction: a.completeIDs,
	}
	cmd.Flags().BoolVar(&repair, "repair", false, "bring again what is damaged, from where it came from")
	return cmd
}

func (a *app) verify(ctx context.Context, ids []string, repair bool) error {
	workers, err := a.catalog()
	if err != nil {
		return err
	}
	found, err := verify.Verify(ctx, workers, ids)
	if err != nil {
		return err
	}
	rows := make([]verified, 0, len(found))
	for _, c := range found {
		rows = append(rows, verified{EntryReport: c, OK: !c.IsDamaged()})
	}
	if repair {
		if err := a.repair(ctx, rows); err != nil {
			return err
		}
	}
	if a.json {
		err = a.print(rows)
	} else {
		err = a.printConditions(rows)
	}
	return cmp.Or(err, damage(rows, repair))
}

// verified is an entry as `verify --json` prints it.
type verified struct {
	verify.EntryReport                     // as it was found
	OK                 bool                `json:"ok"` // also of what was repaired
	Repaired           engine.RepairAction `json:"repaired,omitempty"`
	Failure            *failure            `json:"failure,omitempty"` // why it could not be repaired
}

// failure is an error as JSON.
type failure struct {
	Kind    provisioner.Kind `json:"kind"`
	Message string           `json:"message"`
	Hint    string           `json:"hint,omitempty"`
	RetryAt time.Time        `json:"retry_at,omitzero"`
}

// repair repairs the entries in which something was found. Its error is that they can't be.
func (a *app) repair(ctx context.Context, rows []verified) error {
	p, err := a.provisioner()
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if len(r.Problems) == 0 {
			continue
		}
		reporter := a.newReporter()
		r.Repaired, err = p.Repair(ctx, r.ID, reporter.event)
		reporter.close(err)
		if ctx.Err() != nil {
			return err
		}
		r.OK = err == nil || r.OK
		if err != nil {
			r.Failure = &failure{provisioner.KindOf(err), err.Error(), provisioner.HintOf(err), provisioner.RetryAtOf(err)}
			if !a.json {
				a.report(err)
			}
		}
	}
	return nil
}

// damage is the error that some entries are damaged, or nil. Where they could not be repaired its hint is not to repair them.
func damage(rows []verified, repaired bool) error {
	var damaged []verify.EntryReport
	for _, r := range rows {
		if !r.OK {
			damaged = append(damaged, r.EntryReport)
		}
	}
	err := verify.DamageError(damaged, len(rows))
	if e, ok := errors.AsType[*provisioner.Error](err); ok && repaired {
		return e.WithHint("`provision remove ID` removes an entry")
	}
	return err
}

func (a *app) printConditions(rows []verified) error {
	if len(rows) == 0 {
		fmt.Fprintln(a.stderr, "provision: no worker is installed")
		return nil
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STATE\tENTRY\tFILES\tSIZE\tNOTE")
	for _, r := range rows {
		for _, note := range notesOn(r) {
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", stateOf(r), catalog.Legible(r.ID), r.Files, formatBytes(r.Bytes), catalog.Legible(note))
		}
	}
	return table.Flush()
}

func stateOf(r verified) string {
	switch {
	case r.Repaired != engine.NotNeeded:
		return "repaired"
	case r.OK:
		return "ok"
	default:
		return "damaged"
	}
}

// notesOn are what is to be said of an entry, a line each; at least one.
func notesOn(r verified) []string {
	var notes []string
	for _, p := range r.Problems {
		notes = append(notes, p.String())
	}
	if r.Repaired != engine.NotNeeded {
		notes = append(notes, string(r.Repaired))
	}
	if r.Foreign {
		notes = append(notes, "another program installed it: there are no digests to check")
	}
	if r.Integrity == catalog.None {
		notes = append(notes, "it was installed unverified: no digest was published for it")
	}
	if r.Status.State == catalog.Failed {
		notes = append(notes, r.Status.Error)
	}
	if len(notes) == 0 {
		return []string{"-"}
	}
	return notes
}
