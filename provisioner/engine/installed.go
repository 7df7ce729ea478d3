package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// recoverAndFind is installed, after an entry that a crash left outside its place was put back.
func (op *operation) recoverAndFind(ctx context.Context) (provisioner.Result, error) {
	_ = op.opts.Catalog.Recover() // an entry that can't be put back does not count as installed
	return op.installed(ctx)
}

// installed returns the newest entry that satisfies the request. An entry of a fallback source is returned only if
// there is no other. Without any it returns a zero Result.
func (op *operation) installed(ctx context.Context) (provisioner.Result, error) {
	var fallback provisioner.Result
	op.damaged = nil
	for w, err := range op.opts.Catalog.Matches(op.match()) {
		if err != nil {
			return provisioner.Result{}, err
		}
		r, ok := op.satisfies(w)
		switch {
		case !ok:
		case (!r.Fallback || fallback.IsZero()) && !op.isIntact(ctx, &r):
		case !r.Fallback:
			return r, nil
		case fallback.IsZero() && !op.req.Strict:
			fallback = r
			fallback.Reason = "it is installed, and nothing better is"
		}
	}
	return fallback, nil
}

func (op *operation) match() catalog.Match {
	return catalog.Match{Type: op.req.Type, Platform: op.req.Platform, Arch: op.req.Arch, Constraint: op.req.Constraint}
}

// satisfies reports whether an entry may serve the request:
//
//   - an entry of ours, if its source is configured, and if prereleases are wanted in case it is one;
//   - an entry that another program made (it has no provenance), unless a vendor was asked for by name;
//   - not an entry whose provenance can't be read.
func (op *operation) satisfies(w catalog.WorkerBinary) (provisioner.Result, bool) {
	if w.ID == op.excludeID {
		return provisioner.Result{}, false
	}
	e := op.opts.Catalog.EntryOf(w)
	switch {
	case errors.Is(e.Damage, catalog.ErrNotFound): // removed meanwhile
		return provisioner.Result{}, false
	case e.Damage != nil:
		op.warn(e.Damage, "passed over "+w.ID)
		return provisioner.Result{}, false
	case e.IsForeign():
		return provisioner.Result{Entry: e}, op.req.Vendor == ""
	}
	p := e.Provenance
	i := slices.IndexFunc(op.sources, func(s provisioner.Source) bool { return s.Key == p.Source })
	if !slices.ContainsFunc(op.opts.Sources[op.req.Type], func(s provisioner.Source) bool { return s.Key == p.Source }) {
		op.unconfigured++
	}
	if i < 0 || p.Prerelease && !op.sources[i].Prerelease && !op.req.Constraint.AsksPrerelease() {
		return provisioner.Result{}, false
	}
	return provisioner.Result{Entry: e, Fallback: op.sources[i].Fallback}, true
}
