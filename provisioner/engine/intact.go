package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// damage is why an entry that would satisfy the request does not serve.
type damage struct {
	id      string
	problem verify.Problem
}

// error is the error of an operation that finds nothing but this damaged entry.
func (d damage) error(req provisioner.Request) error {
	e := provisioner.Errorf(provisioner.BadPayload, "entry %q is damaged: %s", d.id, d.problem)
	if req.Offline {
		return e.WithHint("without --offline it is installed again")
	}
	return e.WithHint("`provision %s` installs it again", req.CommandArgs())
}

// isIntact verifies an entry before it is returned, as closely as the request demands, and records damage. It reads the
// provenance again, which may have been replaced a moment ago.
func (op *operation) isIntact(ctx context.Context, r *provisioner.Result) bool {
	level := cmp.Or(op.req.Verify, op.opts.Verify)
	var problems []verify.Problem
	err := verify.ReadStable(r.Dir, func() (_ bool, err error) {
		if fresh := op.opts.Catalog.EntryOf(r.Worker); fresh.Provenance != nil {
			r.Entry = fresh
		}
		problems, err = verify.Inspect(ctx, r.Entry, level)
		return err == nil && len(problems) == 0, err
	})
	switch {
	case err != nil:
		return false // it was removed, or ctx is done
	case len(problems) == 0:
		r.Worker.Path = r.Executable() // the file that was verified, wherever the record points to
		return true
	}
	d := damage{r.Worker.ID, problems[0]}
	if slices.ContainsFunc(op.damaged, func(known damage) bool { return known.id == d.id }) {
		return false
	}
	op.damaged = append(op.damaged, d)
	op.warn(d.error(op.req), "passed over it")
	return false
}
