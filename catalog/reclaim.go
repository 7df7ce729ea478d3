package catalog

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Abandoned is a folder in staging in which no process works any more.
type Abandoned struct {
	Name  string // of what was to become an entry there, or was removed
	Path  string // absolute
	Bytes int64  // of the files in it
}

// Reclaim deletes what processes that have ended left in staging, of whatever age: Sweep would leave a while what an installation
// can go on from. In a dry run it only tells what that is. Staging whose lock is held stays.
func (c *Filesystem[T]) Reclaim(dryRun bool) ([]Abandoned, error) {
	names, err := namesIn(c.stagingHome())
	errs := []error{err}
	if !dryRun {
		errs = append(errs, c.Recover())
	}
	var found []Abandoned
	for _, name := range names {
		kind, folder, _ := strings.Cut(name, "-")
		reclaim := func() error {
			a := Abandoned{Name: folder, Path: filepath.Join(c.stagingHome(), name)}
			if a.Bytes, err = FolderSize(a.Path); err != nil {
				return ignoreAbsent(err)
			}
			found = append(found, a)
			if dryRun {
				return nil
			}
			return RemoveTree(a.Path)
		}
		switch kind {
		case removed:
			errs = append(errs, reclaim())
		case c.kind:
			errs = append(errs, c.sweep(folder, reclaim))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return found, fmt.Errorf("reclaim staging of %s: %w", c.kind, err)
	}
	return found, nil
}

// Busy lists the folders of the entries whose lock somebody holds: they are being installed, replaced or removed.
func (c *Filesystem[T]) Busy() ([]string, error) {
	names, err := namesIn(filepath.Join(c.home, "locks"))
	errs := []error{err}
	var busy []string
	for _, name := range names {
		folder, ours := strings.CutPrefix(strings.TrimSuffix(name, ".lock"), c.kind+"-")
		if !ours || !isElement(folder) {
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
		return busy, fmt.Errorf("look at locks of %s: %w", c.kind, err)
	}
	return busy, nil
}
