package engine

import (
	"context"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// A volatile source, such as a folder on this machine, may go back to an older version, as nothing that is published does. What
// was built of a version that it no longer has is not current then, though it is newer.

// noteVolatile remembers what a volatile source has, also of what it refuses.
func (op *operation) noteVolatile(s provisioner.Source, answer provisioner.Resolution) {
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

// isVolatile reports whether a source that was asked may change at no notice.
func (op *operation) isVolatile(key string) bool {
	_, ok := op.volatile[key]
	return ok
}

// isGone reports whether an entry is of a version that its volatile source no longer has. Of a source that did not answer
// nothing is known.
func (op *operation) isGone(p *catalog.Provenance) bool {
	if p == nil {
		return false
	}
	versions, ok := op.volatile[p.Source]
	return ok && !slices.Contains(versions, p.Version.String())
}

// recheck asks the volatile source of have, and no other, whether have is still what it holds.
func (op *operation) recheck(ctx context.Context, have provisioner.Result) (provisioner.Result, error) {
	op.sources = slices.DeleteFunc(slices.Clone(op.sources), func(s provisioner.Source) bool { return s.Key != have.Provenance.Source })
	return op.provisionBeside(ctx, have)
}

// current is have, or none if its source went to another version.
func (op *operation) current(have provisioner.Result) provisioner.Result {
	if op.isGone(have.Provenance) {
		return provisioner.Result{}
	}
	return have
}

// dropGone removes the entries that would be taken for newer than r, though their source no longer has them.
func (op *operation) dropGone(r provisioner.Result) {
	if len(op.volatile) == 0 {
		return
	}
	var gone []string
	for w, err := range op.opts.Catalog.Matches(op.match()) {
		if err != nil {
			return // r was just installed; who asks next is told
		}
		p, err := op.opts.Catalog.ReadProvenance(w.ID)
		if err == nil && w.ID != r.Worker.ID && op.isGone(&p) && p.Version.Compare(r.Version()) >= 0 {
			gone = append(gone, w.ID)
		}
	}
	for _, id := range gone {
		if err := op.opts.Catalog.Remove(id); err != nil {
			op.warn(err, "its source no longer has it; it is removed later")
		}
	}
}
