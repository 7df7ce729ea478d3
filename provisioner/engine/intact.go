package engine

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// damage is that of an entry which would serve otherwise.
type damage struct {
	id      string
	problem verify.Problem
}

// error tells of an entry that is damaged where nothing else serves.
func (d damage) error(req provisioner.Request) error {
	e := provisioner.Errorf(provisioner.BadPayload, "entry %q is damaged: %s", d.id, d.problem)
	if req.Offline {
		return e.WithHint("without --offline it is installed again")
	}
	return e.WithHint("`provision %s` installs it again", req.CommandArgs())
}

// isIntact looks at an entry before it is handed out, as closely as the request says, and notes what is damaged. Of a damaged one
// r is left as it was.
func (op *operation) isIntact(ctx context.Context, r *provisioner.Result) bool {
	dir, err := op.opts.Catalog.EntryDir(r.Worker.ID)
	if err != nil {
		return false
	}
	depth := cmp.Or(op.req.Verify, op.opts.Verify)
	var problems []verify.Problem
	err = verify.ReadStable(dir, func() (bool, error) {
		if p, err := op.opts.Catalog.ReadProvenance(r.Worker.ID); err == nil {
			r.Provenance = &p // it may be another one than a moment ago
		}
		problems, err = verify.Inspect(ctx, dir, *r, depth)
		return err == nil && len(problems) == 0, err
	})
	switch {
	case err != nil:
		return false // it was removed, or ctx is done
	case len(problems) == 0:
		if r.Provenance != nil { // what was looked at, and not what the record may lead to, is handed out
			r.Worker.Path = filepath.Join(dir, filepath.FromSlash(r.Provenance.Executable))
		}
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
