package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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

// FolderSize sums up the bytes of the regular files below a folder. What vanishes meanwhile does not count.
func FolderSize(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			if name == dir {
				return err
			}
			return ignoreAbsent(err)
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return ignoreAbsent(err)
	})
	return bytes, err
}

// RemoveTree deletes a folder with all in it, also where a folder was made read-only, as those of Go's module cache are.
func RemoveTree(dir string) error {
	err := os.RemoveAll(dir)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, _ error) error {
		if entry != nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
