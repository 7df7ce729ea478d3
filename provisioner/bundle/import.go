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
	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// Options tell what is taken from an archive.
type Options struct {
	Name     string           // of the archive, for errors; may be empty
	Platform catalog.Platform // that the entries must be for; empty is this machine's
	Arch     catalog.Arch     // likewise; empty is this machine's, or another platform's usual one
	// Force replaces entries that have other contents, and those that are marked bad.
	Force bool
	// OnWait, if set, is told of another process that holds the lock of an entry.
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

// Report tells what was imported.
type Report struct {
	Imported []catalog.WorkerBinary
	Present  []catalog.WorkerBinary // that were there already, byte for byte
	// Unserved are the IDs of those that no request is served with here, since their source is not configured.
	Unserved []string
}

// Import installs the entries of an archive, all or, if anything is wrong with any, none: it verifies that the archive is what was
// exported, that the executables are for the platform and this machine can start them, and that no entry is in the way. Entries
// that are there already with the same contents are left alone; if they are damaged they are replaced.
//
// Errors are of kind BadPayload or UnsafeArchive for an archive that is damaged, UnsupportedPlatform for entries of another platform,
// DigestMismatch where an entry has other contents, MarkedBad, and a *catalog.LeasedError, among others.
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
	unpacked    *unpacked
	report      Report
}

func (i *importer) run(ctx context.Context, archive io.Reader) (report Report, err error) {
	if i.unpacked, err = unpackInto(ctx, i.workers, archive, cmp.Or(i.Name, "the archive")); err != nil {
		return i.report, err
	}
	arrivals, err := i.lockAll(ctx)
	if err == nil {
		err = i.commitAll(ctx, arrivals)
	}
	for _, a := range arrivals {
		err = errors.Join(err, a.lock.Release())
	}
	return i.report, errors.Join(err, i.unpacked.close())
}

// lockAll takes the locks of all entries, in one order for all processes, and finds out whether each can be installed. What it
// returns is locked, also with an error.
func (i *importer) lockAll(ctx context.Context) (arrivals []*arrival, err error) {
	for _, id := range slices.Sorted(slices.Values(i.unpacked.IDs())) {
		a := &arrival{}
		if a.WorkerBinary, a.provenance, err = i.unpacked.entry(id); err != nil {
			return arrivals, err
		}
		if err := i.suits(a); err != nil {
			return arrivals, fmt.Errorf("%s: %w", id, err)
		}
		a.lock, err = i.workers.Lock(ctx, id, catalog.LockOptions{OnWait: func(holder string) {
			if i.OnWait != nil {
				i.OnWait(id, holder)
			}
		}})
		if err != nil {
			return arrivals, err
		}
		arrivals = append(arrivals, a)
		if err := i.hasPlace(ctx, a); err != nil {
			return arrivals, fmt.Errorf("%s: %w", id, err)
		}
	}
	return arrivals, nil
}

// commitAll installs what is not there.
func (i *importer) commitAll(ctx context.Context, arrivals []*arrival) error {
	for _, a := range arrivals {
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

// commit makes an unpacked folder the entry. It counts as added now: what was not used since it left the other machine is not old.
func (i *importer) commit(a *arrival) error {
	staging, err := i.workers.Staging(a.ID)
	if err != nil {
		return err
	}
	dir := filepath.Join(staging, "imported")
	if err := files.RemoveTree(dir); err != nil {
		return err
	}
	if err := os.Rename(i.unpacked.WorkerPath(a.ID), dir); err != nil {
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
	_ = os.Remove(staging) // if no download was begun there
	return nil
}
