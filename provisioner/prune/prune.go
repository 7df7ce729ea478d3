package prune

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// Run frees what the options let go. What is in use, locked or can't be read is skipped, and so is what only seems old: a release
// that was marked bad keeps its place until a newer one is installed, since otherwise it would be installed again. The error
// joins what could not be deleted; the report comes also then. It is zero if the options are at fault: nothing is looked at then.
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
	if opts.touchesEntries() {
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

// knowsAll refuses a type that is neither configured nor installed: it was misspelt.
func knowsAll(p *engine.Provisioner, types []catalog.WorkerType) error {
	for _, t := range types {
		isOfType := func(w catalog.WorkerBinary) bool { return w.WorkerType == t }
		if slices.Contains(p.Types(), t) {
			continue
		}
		if installed, _ := p.Catalog().List(); !slices.ContainsFunc(installed, isOfType) {
			return provisioner.Errorf(provisioner.InvalidConfig, "unknown worker type %q: it is neither configured nor installed", t).
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

// entries frees what the rules let go of the entries.
func (r *run) entries(ctx context.Context) error {
	if !r.DryRun {
		_ = r.workers.Recover() // first, so that the rules are for an entry too that a killed removal had taken out of its place
	}
	installed, err := r.workers.List()
	unreadable, err := catalog.RecordErrors(err)
	if err != nil {
		return err
	}
	for _, e := range unreadable {
		r.skip(Item{Sort: Entry, Name: nameOf(e.Dir), Path: e.Dir}, "its record can't be read: "+e.Err.Error())
	}
	groups := map[group][]*entry{}
	for _, w := range installed {
		if len(r.Types) > 0 && !slices.Contains(r.Types, w.WorkerType) {
			continue
		}
		e, err := r.look(ctx, w)
		if err != nil {
			return err
		}
		groups[e.group()] = append(groups[e.group()], e)
	}
	var errs []error
	for _, g := range sortedGroups(groups) {
		for _, e := range r.decide(ctx, g, groups[g]) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			errs = append(errs, r.free(e))
		}
	}
	return errors.Join(errs...)
}

// free deletes an entry that the rules let go, unless somebody uses it, works on it or has changed it since.
func (r *run) free(e *entry) error {
	size, err := files.TreeSize(e.dir)
	if err != nil {
		r.skip(e.item(), err.Error())
		return nil
	}
	item := e.item()
	item.Bytes, item.Reason = size, e.verdict
	lock, ok, err := r.workers.TryLock(e.ID)
	if err != nil || !ok {
		r.skip(item, reasonOf(err, "another process works on it"))
		return nil
	}
	err = r.freeLocked(e, lock)
	if err = errors.Join(err, lock.Release()); err == nil {
		r.report.remove(item)
		return nil
	}
	_, isLeased := errors.AsType[*catalog.LeasedError](err)
	if isLeased || errors.Is(err, errChanged) || errors.Is(err, catalog.ErrNotFound) {
		r.skip(item, err.Error())
		return nil
	}
	return err
}

var errChanged = errors.New("it was changed meanwhile")

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

func (r *run) skip(i Item, reason string) {
	i.Reason = reason
	r.report.Skipped = append(r.report.Skipped, i)
}

// staging frees what processes that have ended left there.
func (r *run) staging() error {
	abandoned, err := r.workers.PurgeStaging(r.DryRun)
	for _, a := range abandoned {
		r.report.remove(Item{Staging, a.Name, a.Path, a.Bytes, "left by a process that has ended"})
	}
	return err
}

func reasonOf(err error, otherwise string) string {
	if err != nil {
		return err.Error()
	}
	return otherwise
}
