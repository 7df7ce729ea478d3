package provisioner

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// reinstall brings the recorded release again.
func (r *repair) reinstall(ctx context.Context, found EntryReport) error {
	id, err := catalog.ParseID(r.id)
	if err != nil {
		return Errorf(NotFound, "its ID does not tell what it is").WithHint("remove it with `provision remove %s`", r.id)
	}
	version, err := catalog.ParseConstraint(id.Version.String())
	if err != nil {
		return err
	}
	req := Request{
		Type: id.Type, Platform: id.Platform, Arch: id.Arch, Constraint: version, Refresh: true, OnEvent: r.onEvent,
	}
	_, err = r.Provisioner.run(ctx, req, "repair", func(op *operation, ctx context.Context) (Result, error) {
		sources, err := found.sources(op.sources)
		if err != nil {
			return Result{}, err
		}
		op.repairs, op.sources = &found, sources
		return op.repair(ctx)
	})
	return err
}

// sources are those of some that may bring the entry again: the recorded one, or all where that isn't known.
func (c EntryReport) sources(configured []Source) ([]Source, error) {
	var chosen []Source
	for _, s := range configured {
		if c.provenance == nil || s.Key == c.provenance.Source {
			s.Prerelease = true // if it is one it was wanted when it was installed
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, Errorf(NotFound, "its source is configured no more: %s", c.provenance.Source).
			WithHint("configure the source again, or remove the entry with `provision remove %s`", c.ID)
	}
	return chosen, nil
}

// repair brings the release again that op.repairs is of.
func (op *operation) repair(ctx context.Context) (Result, error) {
	candidates, err := op.resolve(ctx, op.sources)
	if err != nil {
		return Result{}, err
	}
	for _, c := range candidates {
		if op.out[c.source.Vendor] || c.id(op.req).String() != op.repairs.ID {
			continue
		}
		result, err := op.install(ctx, c)
		if err == nil || !KindOf(err).Skippable() || ctx.Err() != nil {
			return result, err
		}
		op.skip(c, err)
	}
	return Result{}, op.noCandidate()
}

// alreadyRepaired returns the entry if another process has repaired it, and refuses bytes that differ from the recorded ones.
func (in *installation) alreadyRepaired(ctx context.Context) (Result, bool, error) {
	if changed := in.changedSince(in.repairs.provenance); changed != nil {
		return Result{}, false, in.notAsRecorded(changed)
	}
	found, err := Verify(ctx, in.opts.Catalog, []string{in.repairs.ID})
	if err != nil || found[0].IsDamaged() {
		return Result{}, false, ignoreNotFound(err)
	}
	return Result{Worker: *found[0].worker, Provenance: found[0].provenance}, true, nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	return err
}

// asRecorded refuses what was brought unless it is what is recorded of the entry that is repaired. A build is as good as it comes.
func (in *installation) asRecorded() error {
	if in.repairs == nil || in.repairs.provenance == nil || in.release.Integrity == catalog.Built {
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
	want, have := digests(in.repairs.provenance.Brought), digests(in.payload.brought)
	if want == have {
		return nil
	}
	return in.notAsRecorded(changed("other files were brought than are recorded: %s, and not %s", have, want))
}

func (in *installation) notAsRecorded(e *Error) *Error {
	return e.of(in.source.Vendor).WithHint("if the publisher says why, take the new files with `provision '%s' --force`", in.req)
}

// restored gives what is installed again what the damaged entry had and a new one has not.
func (in *installation) restored(w *catalog.WorkerBinary, p *catalog.Provenance) {
	if in.repairs == nil {
		return
	}
	w.Status = in.repairs.statusBefore()
	if before := in.repairs.worker; before != nil {
		w.AddedAt = before.AddedAt
	}
	if before := in.repairs.provenance; before != nil {
		p.Constraint = before.Constraint
	}
}
