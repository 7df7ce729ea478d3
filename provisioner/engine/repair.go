package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
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
func (p *Provisioner) Repair(ctx context.Context, id string, onEvent func(provisioner.Event)) (RepairAction, error) {
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
	onEvent func(provisioner.Event)
}

func (r *repair) run(ctx context.Context) (RepairAction, error) {
	found, err := r.verify(ctx)
	switch {
	case err != nil:
		return NotNeeded, err
	case len(found.Problems) == 0:
		return NotNeeded, nil
	case found.Foreign:
		return NotNeeded, provisioner.Errorf(provisioner.Unverified, "another program made it, and where it came from is not recorded").
			WithHint("install it again with that program, or remove it with `provision remove %s`", r.id)
	case found.isMendable():
		if whole, err := r.mend(ctx); err != nil || whole {
			return Mended, err
		}
	}
	return Reinstalled, r.reinstall(ctx, found)
}

func (r *repair) verify(ctx context.Context) (repairable, error) {
	found, err := verify.Verify(ctx, r.opts.Catalog, []string{r.id})
	if err != nil {
		return repairable{}, err
	}
	return repairable{found[0]}, nil
}

// repairable is an entry that Repair works on, as verify reported it.
type repairable struct{ verify.EntryReport }

// mendable are the kinds of problems that need no file to be brought again.
var mendable = []verify.ProblemKind{verify.ProblemLeftover, verify.ProblemInterrupted, verify.ProblemMode, verify.ProblemRecord}

// isMendable reports whether all that is wrong can be set right from what is there.
func (c repairable) isMendable() bool {
	if c.Provenance == nil || c.Has(verify.ProblemRecord) && c.recordOf() == nil {
		return false
	}
	return !slices.ContainsFunc(c.Problems, func(p verify.Problem) bool { return !slices.Contains(mendable, p.Kind) })
}

// recordOf is what the record has to say, by the provenance and the ID; nil where these contradict each other.
func (c repairable) recordOf() *catalog.WorkerBinary {
	id, err := catalog.ParseID(c.ID)
	if err != nil || id.Version.String() != c.Provenance.Version.String() {
		return nil
	}
	path := verify.Problem{Path: c.Provenance.Executable}.In(c.Dir)
	w := catalog.NewWorkerBinary(c.ID, id.Type, id.Platform, path, verify.RecordedSize(c.Provenance), id.Version.String())
	w.AddedAt = c.Provenance.Installed
	w.Status = c.statusBefore()
	return &w
}

// statusBefore is what a repair leaves of the status: a mark as bad.
func (c repairable) statusBefore() catalog.Status {
	if c.Status.IsMarkedBad() {
		return c.Status
	}
	return catalog.Status{State: catalog.Available}
}

// mend sets right what can be in place, under the lock, and reports whether the entry is whole then.
func (r *repair) mend(ctx context.Context) (bool, error) {
	lock, err := r.opts.Catalog.Lock(ctx, r.id, func(holder string) {
		r.publish(provisioner.Event{Action: provisioner.ActionWait, ID: r.id, Message: "waiting for " + holder + " to let go of it"})
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
		case verify.ProblemLeftover, verify.ProblemInterrupted:
			err = root.Remove(p.Path)
		case verify.ProblemMode:
			err = root.Chmod(p.Path, os.FileMode(found.modeOf(p.Path)))
		case verify.ProblemRecord:
			err = r.opts.Catalog.Rewrite(lock, *found.recordOf())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// modeOf is the recorded mode of a file.
func (c repairable) modeOf(path string) uint32 {
	for _, f := range c.Provenance.Files {
		if f.Path == path {
			return f.Mode
		}
	}
	return 0o644
}

func (r *repair) publish(e provisioner.Event) {
	if r.onEvent != nil {
		r.onEvent(e)
	}
}
