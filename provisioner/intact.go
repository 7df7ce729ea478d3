package provisioner

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
)

// damage is that of an entry which would serve otherwise.
type damage struct {
	id      string
	problem Problem
}

// error tells of an entry that is damaged where nothing else serves.
func (d damage) error(req Request) error {
	e := Errorf(BadPayload, "entry %q is damaged: %s", d.id, d.problem)
	if req.Offline {
		return e.WithHint("without --offline it is installed again")
	}
	return e.WithHint("`provision %s` installs it again", req.arguments())
}

// isIntact looks at an entry before it is handed out, as closely as the request says, and notes what is damaged. Of a damaged one
// r is left as it was.
func (op *operation) isIntact(ctx context.Context, r *Result) bool {
	dir, err := op.opts.Catalog.EntryDir(r.Worker.ID)
	if err != nil {
		return false
	}
	depth := cmp.Or(op.req.Verify, op.opts.Verify)
	var problems []Problem
	err = untilSteady(dir, func() (bool, error) {
		if p, err := op.opts.Catalog.ReadProvenance(r.Worker.ID); err == nil {
			r.Provenance = &p // it may be another one than a moment ago
		}
		problems, err = Inspect(ctx, dir, *r, depth)
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

// maxLooks bounds how often an entry is looked at again because it changed meanwhile.
const maxLooks = 10

// untilSteady looks at what is in an entry's folder, and again as long as what looks wrong is another process replacing or removing
// it. Its error is that of the last look, or catalog.ErrNotFound if the folder is gone.
func untilSteady(dir string, look func() (isFine bool, err error)) error {
	for n := 1; ; n++ {
		before, err := os.Lstat(dir)
		if isAbsent(err) {
			return catalog.ErrNotFound
		}
		if err != nil {
			return err
		}
		isFine, lookErr := look()
		if isFine || n == maxLooks {
			return lookErr
		}
		after, err := os.Lstat(dir)
		if err == nil && os.SameFile(before, after) && before.ModTime().Equal(after.ModTime()) {
			return lookErr
		}
	}
}
