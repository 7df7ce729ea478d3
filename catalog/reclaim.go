package catalog

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/catalog/files"
)

// Abandoned is a folder in staging in which no process works any longer.
type Abandoned struct {
	Name  string // of the entry that was being prepared or removed
	Path  string // absolute
	Bytes int64  // of the files in it
}

// PurgeStaging deletes what ended processes left in staging, whatever its age: Sweep keeps for a while what an
// installation can continue from. A dry run only lists it. Staging whose lock is held stays.
func (c *Filesystem[T]) PurgeStaging(dryRun bool) ([]Abandoned, error) {
	names, err := files.Names(c.stagingHome())
	errs := []error{err}
	if !dryRun {
		errs = append(errs, c.Recover())
	}
	var found []Abandoned
	for _, name := range names {
		kind, folder, _ := strings.Cut(name, "-")
		purge := func() error {
			a := Abandoned{Name: folder, Path: filepath.Join(c.stagingHome(), name)}
			if a.Bytes, err = files.TreeSize(a.Path); err != nil {
				return files.IgnoreAbsent(err)
			}
			found = append(found, a)
			if dryRun {
				return nil
			}
			return files.RemoveTree(a.Path)
		}
		switch kind {
		case removed:
			errs = append(errs, purge())
		case c.kind:
			errs = append(errs, c.ifUnlocked(folder, purge))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return found, fmt.Errorf("purge staging of %s: %w", c.kind, err)
	}
	return found, nil
}

// Busy lists the folders of entries whose lock somebody holds: they are being installed, replaced or removed.
func (c *Filesystem[T]) Busy() ([]string, error) {
	names, err := files.Names(filepath.Join(c.home, "locks"))
	errs := []error{err}
	var busy []string
	for _, name := range names {
		folder, ours := strings.CutPrefix(strings.TrimSuffix(name, ".lock"), c.kind+"-")
		if !ours || !isSafeName(folder) {
			continue
		}
		lock, err := c.tryLock(folder, folder)
		switch {
		case err != nil:
			errs = append(errs, err)
		case lock == nil:
			busy = append(busy, folder)
		default:
			errs = append(errs, lock.Release())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return busy, fmt.Errorf("examine locks of %s: %w", c.kind, err)
	}
	return busy, nil
}
