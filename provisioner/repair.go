package provisioner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
)

// RepairAction is how an entry was repaired.
type RepairAction string

// The remedies.
const (
	NotNeeded   RepairAction = ""                // nothing was wrong
	Mended      RepairAction = "mended in place" // what was not installed was deleted, modes and the record were set right
	Reinstalled RepairAction = "installed again" // the same release was brought again
)

// Repair makes an entry what was installed again, and only that: the release that its provenance names, from the source that it
// names, with the digests that are recorded of what was brought; what was built is built again. Where the files are whole nothing is
// fetched. If the provenance can't be read, the version that the ID tells is installed from any configured source. A mark as bad
// stays.
//
// The damaged entry is there until the whole one takes its place. Errors are catalog.ErrNotFound, a *catalog.LeasedError while a
// worker runs from it, those of Provision, and an *Error of kind DigestMismatch where other bytes are published now, NotFound where
// the source is configured no more, and Unverified for an entry that another program made; with a hint.
func (p *Provisioner) Repair(ctx context.Context, id string, onEvent func(Event)) (RepairAction, error) {
	r := &repair{Provisioner: p, id: id, onEvent: onEvent}
	remedy, err := r.run(ctx)
	if err != nil {
		return NotNeeded, fmt.Errorf("repair %q: %w", id, err)
	}
	return remedy, nil
}

// repair is one call of Repair.
type repair struct {
	*Provisioner
	id      string
	onEvent func(Event)
}

func (r *repair) run(ctx context.Context) (RepairAction, error) {
	found, err := r.verify(ctx)
	switch {
	case err != nil:
		return NotNeeded, err
	case len(found.Problems) == 0:
		return NotNeeded, nil
	case found.Foreign:
		return NotNeeded, Errorf(Unverified, "another program made it, and where it came from is not recorded").
			WithHint("install it again with that program, or remove it with `provision remove %s`", r.id)
	case found.isMendable():
		if whole, err := r.mend(ctx); err != nil || whole {
			return Mended, err
		}
	}
	return Reinstalled, r.reinstall(ctx, found)
}

func (r *repair) verify(ctx context.Context) (EntryReport, error) {
	found, err := Verify(ctx, r.opts.Catalog, []string{r.id})
	if err != nil {
		return EntryReport{}, err
	}
	return found[0], nil
}

// mendable are the kinds of problems that need no file to be brought again.
var mendable = []ProblemKind{ProblemLeftover, ProblemInterrupted, ProblemMode, ProblemRecord}

// isMendable reports whether all that is wrong can be set right from what is there.
func (c EntryReport) isMendable() bool {
	if c.provenance == nil || c.Has(ProblemRecord) && c.recordOf() == nil {
		return false
	}
	return !slices.ContainsFunc(c.Problems, func(p Problem) bool { return !slices.Contains(mendable, p.Kind) })
}

// recordOf is what the record has to say, by the provenance and the ID; nil where these contradict each other.
func (c EntryReport) recordOf() *catalog.WorkerBinary {
	id, err := catalog.ParseID(c.ID)
	if err != nil || id.Version.String() != c.provenance.Version.String() {
		return nil
	}
	path := Problem{Path: c.provenance.Executable}.In(c.Dir)
	w := catalog.NewWorkerBinary(c.ID, id.Type, id.Platform, path, recordedSize(c.provenance), id.Version.String())
	w.AddedAt = c.provenance.Installed
	w.Status = c.statusBefore()
	return &w
}

// statusBefore is what a repair leaves of the status: a mark as bad.
func (c EntryReport) statusBefore() catalog.Status {
	if c.Status.IsMarkedBad() {
		return c.Status
	}
	return catalog.Status{State: catalog.Available}
}

// mend sets right what can be in place, under the lock, and reports whether the entry is whole then.
func (r *repair) mend(ctx context.Context) (bool, error) {
	lock, err := r.opts.Catalog.Lock(ctx, r.id, func(holder string) {
		r.tell(Event{Action: ActionWait, ID: r.id, Message: "waiting for " + holder + " to let go of it"})
	})
	if err != nil {
		return false, err
	}
	err = r.mendLocked(ctx, lock)
	if err = errors.Join(err, lock.Release()); err != nil {
		return false, err
	}
	found, err := r.verify(ctx)
	return len(found.Problems) == 0, err
}

func (r *repair) mendLocked(ctx context.Context, lock *catalog.Lock) error {
	found, err := r.verify(ctx) // what was found before may have been set right by another process
	if err != nil || !found.isMendable() {
		return err
	}
	if err := r.opts.Catalog.Leased(r.id); err != nil {
		return err
	}
	root, err := os.OpenRoot(found.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, p := range found.Problems {
		switch p.Kind {
		case ProblemLeftover, ProblemInterrupted:
			err = root.Remove(p.Path)
		case ProblemMode:
			err = root.Chmod(p.Path, os.FileMode(found.modeOf(p.Path)))
		case ProblemRecord:
			err = r.opts.Catalog.Rewrite(lock, *found.recordOf())
		}
		if err != nil && !isAbsent(err) {
			return err
		}
	}
	return nil
}

// modeOf is the recorded mode of a file.
func (c EntryReport) modeOf(path string) uint32 {
	for _, f := range c.provenance.Files {
		if f.Path == path {
			return f.Mode
		}
	}
	return 0o644
}

func (r *repair) tell(e Event) {
	if r.onEvent != nil {
		r.onEvent(e)
	}
}
