package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// reinstall fetches the recorded release again.
func (r *repair) reinstall(ctx context.Context, found repairable) error {
	id, err := catalog.ParseID(r.id)
	if err != nil {
		return provisioner.Errorf(provisioner.NotFound, "its ID does not contain its type and version").
			WithHint("remove it with `provision remove %s`", r.id)
	}
	version, err := catalog.ParseConstraint(id.Version.String())
	if err != nil {
		return err
	}
	req := provisioner.Request{
		Type: id.Type, Platform: id.Platform, Arch: id.Arch, Constraint: version, Refresh: true, OnEvent: r.onEvent,
	}
	_, err = r.Provisioner.run(ctx, req, "repair", func(op *operation, ctx context.Context) (provisioner.Result, error) {
		sources, err := found.sources(op.sources)
		if err != nil {
			return provisioner.Result{}, err
		}
		op.repairs, op.sources = &found, sources
		return op.repair(ctx)
	})
	return err
}

// sources returns those of the configured sources that may install the entry again: the recorded one, or all if none is
// recorded.
func (c repairable) sources(configured []provisioner.Source) ([]provisioner.Source, error) {
	var chosen []provisioner.Source
	for _, s := range configured {
		if c.Provenance == nil || s.Key == c.Provenance.Source {
			s.Prerelease = true // it was wanted when it was installed
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, provisioner.Errorf(provisioner.NotFound, "its source is no longer configured: %s", c.Provenance.Source).
			WithHint("configure the source again, or remove the entry with `provision remove %s`", c.ID)
	}
	return chosen, nil
}

// repair installs the release of op.repairs again.
func (op *operation) repair(ctx context.Context) (provisioner.Result, error) {
	candidates, err := op.resolve(ctx, op.sources)
	if err != nil {
		return provisioner.Result{}, err
	}
	for _, c := range candidates {
		if op.faultyVendors[c.source.Vendor] || c.id(op.req).String() != op.repairs.ID {
			continue
		}
		result, err := op.install(ctx, c)
		if err == nil || !provisioner.KindOf(err).Skippable() || ctx.Err() != nil {
			return result, err
		}
		op.skip(c, err)
	}
	return provisioner.Result{}, op.noCandidate()
}

// alreadyRepaired returns the entry if another process has repaired it, and refuses bytes that differ from the recorded
// ones.
func (in *installation) alreadyRepaired(ctx context.Context) (provisioner.Result, bool, error) {
	if changed := in.changedSince(in.repairs.Provenance); changed != nil {
		return provisioner.Result{}, false, in.notAsRecorded(changed)
	}
	found, err := verify.Verify(ctx, in.opts.Catalog, []string{in.repairs.ID})
	if err != nil || found[0].IsDamaged() {
		return provisioner.Result{}, false, ignoreNotFound(err)
	}
	entry := catalog.Entry{Worker: *found[0].Worker, Provenance: found[0].Provenance, Dir: found[0].Dir}
	return provisioner.Result{Entry: entry}, true, nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	return err
}

// asRecorded refuses what was fetched unless its digests are those recorded for the entry that is repaired. A build may
// differ.
func (in *installation) asRecorded() error {
	if in.repairs == nil || in.repairs.Provenance == nil || in.release.Integrity == catalog.Built {
		return nil
	}
	digests := func(files []catalog.BroughtFile) string {
		var list []string
		for _, f := range files {
			list = append(list, f.Name+" "+f.Digest.String())
		}
		slices.Sort(list)
		return strings.Join(list, ", ")
	}
	want, have := digests(in.repairs.Provenance.Brought), digests(in.contents.Fetched)
	if want == have {
		return nil
	}
	return in.notAsRecorded(changed("other files were fetched than are recorded: %s instead of %s", have, want))
}

func (in *installation) notAsRecorded(e *provisioner.Error) *provisioner.Error {
	return e.WithVendor(in.source.Vendor).
		WithHint("if the publisher says why, take the new files with `provision '%s' --force`", in.req)
}

// restored copies from the damaged entry what a new one would lack.
func (in *installation) restored(w *catalog.WorkerBinary, p *catalog.Provenance) {
	if in.repairs == nil {
		return
	}
	w.Status = in.repairs.statusBefore()
	if before := in.repairs.Worker; before != nil {
		w.AddedAt = before.AddedAt
	}
	if before := in.repairs.Provenance; before != nil {
		p.Constraint = before.Constraint
	}
}
