package entry

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/printable"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

const verifyHelp = `Compare every file of the installed workers with what was recorded when it was installed.

It checks the bytes and the mode of each file, where links lead, whether the executable is one for its platform, whether
the records agree, and whether there are files that were not installed. Nothing is written. Of a worker that another
program installed, it can only check the presence, size and format of the executable.

--repair repairs what is damaged: the same release is fetched again from the recorded source, compared with the recorded
digests, and replaces the entry at once; files that were not installed are deleted. Workers that run are left alone.

The exit code is 5 if anything is wrong, with --repair if anything still is.`

// Verify compares installed workers with what is recorded about them.
type Verify struct {
	*cli.Session
	Repair bool // repair what is damaged
}

// NewVerify returns the command `verify`.
func NewVerify(s *cli.Session) *cobra.Command {
	c := &Verify{Session: s}
	cmd := &cobra.Command{
		Use:               "verify [ID...]",
		Short:             "Check the installed workers, byte for byte",
		Long:              verifyHelp,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args) },
		ValidArgsFunction: s.CompleteIDs,
	}
	cmd.Flags().BoolVar(&c.Repair, "repair", false, "fetch again what is damaged, from where it came from")
	return cmd
}

// Run verifies the entries with some IDs; no IDs mean all.
func (c *Verify) Run(ctx context.Context, ids []string) error {
	workers, err := c.Catalog()
	if err != nil {
		return err
	}
	found, err := verify.Verify(ctx, workers, ids)
	if err != nil {
		return err
	}
	rows := make([]verified, 0, len(found))
	for _, entry := range found {
		rows = append(rows, verified{EntryReport: entry, OK: !entry.IsDamaged()})
	}
	if c.Repair {
		if err := c.repair(ctx, rows); err != nil {
			return err
		}
	}
	if c.JSON {
		err = c.Print(map[string][]verified{"entries": rows})
	} else {
		err = c.printRows(rows)
	}
	return cmp.Or(err, c.damage(rows))
}

// verified is an entry in the answer of `verify --json`.
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

// repair repairs the entries that have problems. Errors about single entries are in their rows.
func (c *Verify) repair(ctx context.Context, rows []verified) error {
	p, err := c.Provisioner(nil)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if len(r.Problems) == 0 {
			continue
		}
		reporter := c.NewReporter()
		r.Repaired, err = p.Repair(ctx, r.ID, reporter.Event)
		reporter.Close(err)
		if ctx.Err() != nil {
			return err
		}
		r.OK = err == nil || r.OK
		if err != nil {
			hint, retryAt := provisioner.HintOf(err), provisioner.RetryAtOf(err)
			r.Failure = &failure{provisioner.KindOf(err), err.Error(), hint, retryAt}
			if !c.JSON {
				c.ReportError(err)
			}
		}
	}
	return nil
}

// damage returns an error if some entries are damaged. Its hint is not to repair them if that was tried.
func (c *Verify) damage(rows []verified) error {
	var damaged []verify.EntryReport
	for _, r := range rows {
		if !r.OK {
			damaged = append(damaged, r.EntryReport)
		}
	}
	err := verify.DamageError(damaged, len(rows))
	if e, ok := errors.AsType[*provisioner.Error](err); ok && c.Repair {
		return e.WithHint("`provision remove ID` removes an entry")
	}
	return err
}

func (c *Verify) printRows(rows []verified) error {
	if len(rows) == 0 {
		c.Linef("no worker is installed")
		return nil
	}
	var cells [][]string
	for _, r := range rows {
		for _, note := range r.notes() {
			cells = append(cells, []string{
				r.state(), printable.Name(r.ID), strconv.Itoa(r.Files), report.Bytes(r.Bytes), printable.Name(note),
			})
		}
	}
	return c.Table("STATE\tENTRY\tFILES\tSIZE\tNOTE", cells)
}

func (r verified) state() string {
	switch {
	case r.Repaired != engine.NotNeeded:
		return "repaired"
	case r.OK:
		return "ok"
	default:
		return "damaged"
	}
}

// notes returns the lines about an entry, at least one.
func (r verified) notes() []string {
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
