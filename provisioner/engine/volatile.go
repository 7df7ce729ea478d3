package engine

import (
	"context"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// A volatile source, such as a folder on this machine, may go back to an older version; published releases never do. An
// entry that was built from a version which the source no longer has is not current then, although it is newer.

// recordVolatile records which versions a volatile source has, including those that it rejects.
func (op *operation) recordVolatile(s provisioner.Source, answer provisioner.Resolution) {
	if !answer.Volatile {
		return
	}
	versions := []string{}
	for _, r := range answer.Releases {
		versions = append(versions, r.Version.String())
	}
	for _, r := range answer.Rejected {
		versions = append(versions, r.Version)
	}
	op.volatile[s.Key] = versions
}

// isVolatile reports whether a source that was asked reported itself as volatile.
func (op *operation) isVolatile(key string) bool {
	_, ok := op.volatile[key]
	return ok
}

// isGone reports whether an entry has a version that its volatile source no longer has. It is false if the source did
// not answer.
func (op *operation) isGone(p *catalog.Provenance) bool {
	if p == nil {
		return false
	}
	versions, ok := op.volatile[p.Source]
	return ok && !slices.Contains(versions, p.Version.String())
}

// recheck asks only the volatile source of have whether have is still current.
func (op *operation) recheck(ctx context.Context, have provisioner.Result) (provisioner.Result, error) {
	op.sources = slices.DeleteFunc(slices.Clone(op.sources),
		func(s provisioner.Source) bool { return s.Key != have.Provenance.Source })
	return op.improve(ctx, have)
}

// current returns have, or a zero Result if its source went to another version.
func (op *operation) current(have provisioner.Result) provisioner.Result {
	if op.isGone(have.Provenance) {
		return provisioner.Result{}
	}
	return have
}

// dropGone removes entries that would count as newer than r although their source no longer has them.
func (op *operation) dropGone(ctx context.Context, r provisioner.Result) {
	if len(op.volatile) == 0 || op.plan != nil {
		return
	}
	var gone []string
	for w, err := range op.opts.Catalog.Matches(op.match()) {
		if err != nil {
			return // r is installed; the next request reports the error
		}
		p := op.opts.Catalog.EntryOf(w).Provenance
		if w.ID != r.Worker.ID && op.isGone(p) && p.Version.Compare(r.Version()) >= 0 {
			gone = append(gone, w.ID)
		}
	}
	for _, id := range gone {
		if err := op.opts.Catalog.Remove(ctx, id, catalog.LockOptions{}); err != nil {
			op.warn(err, "its source no longer has it; it is removed later")
		}
	}
}
