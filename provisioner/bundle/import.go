package bundle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// Options say which entries of an archive are accepted.
type Options struct {
	Name string // of the archive, for errors; may be empty
	// Platform and Arch are what the entries must be for. Empty is this machine; an empty Arch of another platform is
	// its usual one.
	Platform catalog.Platform
	Arch     catalog.Arch
	// Force replaces entries that have other contents, and those that are marked bad.
	Force bool
	// OnWait, if set, is called when another process holds the lock of an entry.
	OnWait func(id, holder string)
}

func (o Options) complete() Options {
	o.Platform = cmp.Or(o.Platform, catalog.Current())
	if o.Arch == "" && o.Platform == catalog.Current() {
		o.Arch = catalog.CurrentArch()
	}
	o.Arch = cmp.Or(o.Arch, o.Platform.UsualArch())
	return o
}

// Report lists what was imported.
type Report struct {
	Imported []catalog.WorkerBinary
	Present  []catalog.WorkerBinary // were installed already, with the same contents
	// Unserved are the IDs of imported entries that serve no request, for example because their source is not
	// configured.
	Unserved []string
}

// Import installs the entries of an archive. If anything is wrong with one of them, it installs none. It verifies that:
//   - the archive is what was exported,
//   - the executables are for the platform, and this machine can start them,
//   - no installed entry is in the way. One with the same contents is kept, or replaced if it is damaged.
//
// Errors are of kind BadPayload or UnsafeArchive for an archive that is damaged, UnsupportedPlatform for entries of
// another platform, DigestMismatch for an installed entry with other contents, MarkedBad, a *catalog.LeasedError, and
// others.
func Import(ctx context.Context, p *engine.Provisioner, archive io.Reader, opts Options) (Report, error) {
	report, err := (&importer{Options: opts.complete(), provisioner: p, workers: p.Catalog()}).run(ctx, archive)
	if err != nil {
		return report, fmt.Errorf("import: %w", err)
	}
	return report, nil
}

// importer is one call of Import.
type importer struct {
	Options
	provisioner *engine.Provisioner
	workers     *catalog.WorkerCatalog
	archive     *archive
	report      Report
}

func (i *importer) run(ctx context.Context, archive io.Reader) (report Report, err error) {
	if i.archive, err = openArchive(ctx, i.workers, archive, cmp.Or(i.Name, "the archive")); err != nil {
		return i.report, err
	}
	entries, err := i.lockAll(ctx)
	if err == nil {
		err = i.commitAll(ctx, entries)
	}
	for _, a := range entries {
		err = errors.Join(err, a.lock.Release())
	}
	return i.report, errors.Join(err, i.archive.close())
}

// lockAll locks all entries, in the same order in all processes, and checks whether each can be installed. The entries
// that it returns are locked, also with an error.
func (i *importer) lockAll(ctx context.Context) (entries []*importedEntry, err error) {
	for _, id := range slices.Sorted(slices.Values(i.archive.IDs())) {
		a := &importedEntry{}
		if a.WorkerBinary, a.provenance, err = i.archive.entry(id); err != nil {
			return entries, err
		}
		if err := i.requireFit(a); err != nil {
			return entries, fmt.Errorf("%s: %w", id, err)
		}
		a.lock, err = i.workers.Lock(ctx, id, func(holder string) {
			if i.OnWait != nil {
				i.OnWait(id, holder)
			}
		})
		if err != nil {
			return entries, err
		}
		entries = append(entries, a)
		if err := i.requireFree(ctx, a); err != nil {
			return entries, fmt.Errorf("%s: %w", id, err)
		}
	}
	return entries, nil
}

// commitAll installs the entries that are not present.
func (i *importer) commitAll(ctx context.Context, entries []*importedEntry) error {
	for _, a := range entries {
		if a.isPresent {
			w, err := i.workers.Get(a.ID)
			if err != nil {
				return err
			}
			i.report.Present = append(i.report.Present, w)
			continue
		}
		if err := i.commit(a); err != nil {
			return err
		}
		i.report.Imported = append(i.report.Imported, a.WorkerBinary)
		version, err := catalog.ParseConstraint(a.Version)
		if err != nil {
			return err
		}
		req := provisioner.Request{Type: a.WorkerType, Platform: a.Platform, Arch: a.Arch(), Constraint: version}
		if r, err := i.provisioner.Installed(ctx, req); err != nil || r.Worker.ID != a.ID {
			i.report.Unserved = append(i.report.Unserved, a.ID)
		}
	}
	return nil
}

// commit moves an unpacked folder into the catalog. The entry counts as added now, so that prune does not take it for
// old.
func (i *importer) commit(a *importedEntry) error {
	staging, err := i.workers.Staging(a.ID)
	if err != nil {
		return err
	}
	dir := filepath.Join(staging, "imported")
	if err := catalog.RemoveTree(dir); err != nil {
		return err
	}
	if err := os.Rename(i.archive.WorkerPath(a.ID), dir); err != nil {
		return err
	}
	final, err := i.workers.EntryDir(a.ID)
	if err != nil {
		return err
	}
	a.WorkerBinary.Path = filepath.Join(final, filepath.FromSlash(a.provenance.Executable))
	a.WorkerBinary.AddedAt = time.Now().UTC()
	if err := i.workers.Commit(a.lock, a.WorkerBinary, dir); err != nil {
		return err
	}
	_ = os.Remove(staging) // fails if a download was begun there
	return nil
}
