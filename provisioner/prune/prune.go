package prune

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// Run frees what the options allow. It skips what is in use, locked or can't be read. A release that was marked bad is
// kept until a newer one is installed, because otherwise it would be installed again.
//
// The error joins what could not be deleted; the report is complete then too. Wrong options are an error of kind
// InvalidConfig, with a zero report.
func Run(ctx context.Context, p *engine.Provisioner, opts Options) (Report, error) {
	if err := opts.validate(); err != nil {
		return Report{}, err
	}
	if err := knowsAll(p, opts.Types); err != nil {
		return Report{}, err
	}
	report := Report{DryRun: opts.DryRun, Removed: []Item{}, Skipped: []Item{}}
	r := &run{Options: opts, provisioner: p, workers: p.Catalog(), report: &report, now: time.Now()}
	var errs []error
	if opts.removesEntries() {
		errs = append(errs, r.entries(ctx))
	}
	if len(opts.Types) == 0 && ctx.Err() == nil {
		errs = append(errs, r.staging(), r.caches(ctx))
	}
	if ctx.Err() != nil {
		errs = []error{ctx.Err()}
	}
	if err := errors.Join(errs...); err != nil {
		return report, fmt.Errorf("prune: %w", err)
	}
	return report, nil
}

// knowsAll refuses a type that is neither configured nor installed, since it is probably misspelt.
func knowsAll(p *engine.Provisioner, types []catalog.WorkerType) error {
	for _, t := range types {
		isOfType := func(w catalog.WorkerBinary) bool { return w.WorkerType == t }
		if slices.Contains(p.Types(), t) {
			continue
		}
		if installed, _ := p.Catalog().List(); !slices.ContainsFunc(installed, isOfType) {
			return provisioner.Errorf(provisioner.InvalidConfig,
				"unknown worker type %q: it is neither configured nor installed", t).
				WithHint("configured are %s", p.Types())
		}
	}
	return nil
}

// run is one call of Run.
type run struct {
	Options
	provisioner *engine.Provisioner
	workers     *catalog.WorkerCatalog
	report      *Report
	now         time.Time
}

// entries removes entries by the rules.
func (r *run) entries(ctx context.Context) error {
	if !r.DryRun {
		_ = r.workers.Recover() // so that the rules also see entries that a killed removal had moved away
	}
	installed, err := r.workers.List()
	unreadable, err := catalog.RecordErrors(err)
	if err != nil {
		return err
	}
	for _, e := range unreadable {
		item := Item{Kind: Entry, Name: filepath.Base(e.Dir), Path: e.Dir}
		r.report.skip(item, "its record can't be read: "+e.Err.Error())
	}
	groups := map[group][]*entry{}
	for _, w := range installed {
		if len(r.Types) > 0 && !slices.Contains(r.Types, w.WorkerType) {
			continue
		}
		e, err := r.inspect(ctx, w)
		if err != nil {
			return err
		}
		groups[e.group()] = append(groups[e.group()], e)
	}
	var errs []error
	for _, g := range slices.SortedFunc(maps.Keys(groups), group.compare) {
		for _, e := range r.decide(ctx, g, groups[g]) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			errs = append(errs, r.free(e))
		}
	}
	return errors.Join(errs...)
}

// free removes an entry, unless a process uses it, works on it or has changed it since the rules were applied.
func (r *run) free(e *entry) error {
	size, err := catalog.FolderSize(e.dir)
	if err != nil {
		r.report.skip(e.item(), err.Error())
		return nil
	}
	item := e.item()
	item.Bytes, item.Reason = size, e.reason
	lock, ok, err := r.workers.TryLock(e.ID)
	if err == nil && !ok {
		err = errors.New("another process works on it")
	}
	if err != nil {
		r.report.skip(item, err.Error())
		return nil
	}
	err = r.freeLocked(e, lock)
	if err = errors.Join(err, lock.Release()); err == nil {
		r.report.remove(item)
		return nil
	}
	_, isLeased := errors.AsType[*catalog.LeasedError](err)
	if isLeased || errors.Is(err, errChanged) || errors.Is(err, catalog.ErrNotFound) {
		r.report.skip(item, err.Error())
		return nil
	}
	return err
}

var errChanged = errors.New("another process has changed it")

func (r *run) freeLocked(e *entry, lock *catalog.Lock) error {
	now, err := r.workers.Get(e.ID)
	if err != nil {
		return err
	}
	if !now.AddedAt.Equal(e.AddedAt) || now.Status != e.Status {
		return errChanged
	}
	if err := r.workers.Leased(e.ID); err != nil || r.DryRun {
		return err
	}
	return r.workers.RemoveLocked(lock)
}

// staging frees what processes that have ended left in staging.
func (r *run) staging() error {
	abandoned, err := r.workers.Reclaim(r.DryRun)
	for _, a := range abandoned {
		r.report.remove(Item{Staging, a.Name, a.Path, a.Bytes, "left by a process that has ended"})
	}
	return err
}
