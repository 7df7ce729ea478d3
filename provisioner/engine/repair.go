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

// The repair actions.
const (
	NotNeeded   RepairAction = ""                // nothing was wrong
	Mended      RepairAction = "mended in place" // leftovers were deleted, modes and the record were corrected
	Reinstalled RepairAction = "installed again" // the same release was fetched again
)

// Repair restores an entry to what was installed, and to nothing else: the release and the source that its provenance
// names, with the recorded digests. What was built is built again. Nothing is fetched if the files are intact. If the
// provenance can't be read, the version in the ID is installed from any configured source. A mark as bad stays.
//
// The damaged entry stays until the repaired one replaces it. Errors are those of Provision and:
//
//   - catalog.ErrNotFound
//   - *catalog.LeasedError while a worker runs from the entry
//   - an *Error of kind DigestMismatch if other bytes are published now
//   - an *Error of kind NotFound if its source is no longer configured
//   - an *Error of kind Unverified if another program made the entry
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
		return NotNeeded, provisioner.Errorf(provisioner.Unverified,
			"another program made it, and its source is not recorded").
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

// mendable are the kinds of problems that are corrected without fetching a file.
var mendable = []verify.ProblemKind{verify.ProblemLeftover, verify.ProblemInterrupted, verify.ProblemMode,
	verify.ProblemRecord}

// isMendable reports whether every problem can be corrected from what is there.
func (c repairable) isMendable() bool {
	if c.Provenance == nil || c.Has(verify.ProblemRecord) && c.recordOf() == nil {
		return false
	}
	return !slices.ContainsFunc(c.Problems, func(p verify.Problem) bool { return !slices.Contains(mendable, p.Kind) })
}

// recordOf returns what the record must contain, by the provenance and the ID; nil if these contradict each other.
func (c repairable) recordOf() *catalog.WorkerBinary {
	id, err := catalog.ParseID(c.ID)
	if err != nil || id.Version.String() != c.Provenance.Version.String() {
		return nil
	}
	path := verify.Problem{Path: c.Provenance.Executable}.AbsPath(c.Dir)
	executable, _ := c.Provenance.ExecutableFile()
	w := catalog.NewWorkerBinary(c.ID, id.Type, id.Platform, path, executable.Size, id.Version.String())
	w.AddedAt = c.Provenance.Installed
	w.Status = c.statusBefore()
	return &w
}

// statusBefore is the status after a repair: a mark as bad stays.
func (c repairable) statusBefore() catalog.Status {
	if c.Status.IsMarkedBad() {
		return c.Status
	}
	return catalog.Status{State: catalog.Available}
}

// mend corrects in place what can be, under the lock, and reports whether the entry is intact then.
func (r *repair) mend(ctx context.Context) (bool, error) {
	lock, err := r.opts.Catalog.Lock(ctx, r.id, catalog.LockOptions{OnWait: func(holder string) {
		r.publish(provisioner.Event{Action: provisioner.ActionWait, ID: r.id,
			Message: "waiting for " + holder + " to release it"})
	}})
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
	found, err := r.verify(ctx) // another process may have corrected it meanwhile
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

// modeOf returns the recorded mode of a file.
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
