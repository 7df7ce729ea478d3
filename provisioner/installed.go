package provisioner

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
)

// present is installed, after an entry that a crash took out of its place was put back.
func (op *operation) present(ctx context.Context) (Result, error) {
	_ = op.opts.Catalog.Recover() // what can't be put back is not there
	return op.installed(ctx)
}

// installed returns the newest entry that satisfies the request, of a source that is no fallback if there is one, or a Result
// that is none.
func (op *operation) installed(ctx context.Context) (Result, error) {
	var fallback Result
	op.damaged = nil
	for w, err := range op.opts.Catalog.Matches(op.match()) {
		if err != nil {
			return Result{}, err
		}
		r, ok := op.satisfies(w)
		switch {
		case !ok:
		case (!r.Fallback || fallback.isNone()) && !op.isIntact(ctx, &r):
		case !r.Fallback:
			return r, nil
		case fallback.isNone() && !op.req.Strict:
			fallback = r
			fallback.Reason = "it is installed, and nothing better is"
		}
	}
	return fallback, nil
}

// isNone reports whether r is no worker.
func (r Result) isNone() bool { return r.Worker.ID == "" }

func (op *operation) match() catalog.Match {
	return catalog.Match{Type: op.req.Type, Platform: op.req.Platform, Arch: op.req.Arch, Constraint: op.req.Constraint}
}

// satisfies reports whether an entry may serve the request: an entry of ours only while its source is configured, and a
// prerelease only where prereleases are wanted. An entry without provenance is another program's, and may; one whose
// provenance can't be read may not.
func (op *operation) satisfies(w catalog.WorkerBinary) (Result, bool) {
	if w.ID == op.without {
		return Result{}, false
	}
	p, err := op.opts.Catalog.ReadProvenance(w.ID)
	if errors.Is(err, fs.ErrNotExist) {
		return Result{Worker: w}, op.req.Vendor == ""
	}
	if err != nil {
		op.warn(err, "passed over "+w.ID)
		return Result{}, false
	}
	i := slices.IndexFunc(op.sources, func(s Source) bool { return s.Key == p.Source })
	if !slices.ContainsFunc(op.opts.Sources[op.req.Type], func(s Source) bool { return s.Key == p.Source }) {
		op.unconfigured++
	}
	if i < 0 || p.Prerelease && !op.sources[i].Prerelease && !op.req.Constraint.AsksPrerelease() {
		return Result{}, false
	}
	return Result{Worker: w, Provenance: &p, Fallback: op.sources[i].Fallback}, true
}

// version is that of the worker; a foreign record may hold a text that is none.
func (r Result) version() catalog.Version {
	v, err := catalog.ParseVersion(r.Worker.Version)
	if err != nil {
		return catalog.Version{}
	}
	return v
}

// Digest is that of the executable, as recorded; empty for an entry that another program made.
func (r Result) Digest() catalog.Digest {
	if r.Provenance == nil {
		return ""
	}
	for _, f := range r.Provenance.Files {
		if f.Path == r.Provenance.Executable {
			return f.Digest
		}
	}
	return ""
}
