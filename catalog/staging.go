package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Folders in staging that are not for work to go on in: what is to be deleted, and an entry that is out of its place while a
// new one takes it.
const (
	removed  = "removed"
	replaced = "replaced"
)

func (c *Filesystem[T]) stagingHome() string { return filepath.Join(c.home, "staging") }

func (c *Filesystem[T]) stagingDir(folder string) string {
	return filepath.Join(c.stagingHome(), c.kind+"-"+folder)
}

func (c *Filesystem[T]) replacedDir(folder string) string {
	return filepath.Join(c.stagingHome(), replaced+"-"+c.kind+"-"+folder)
}

// Staging makes the folder in which an entry is prepared, and returns its absolute path. It is the same at every call, so
// that work which was interrupted can go on. Only the holder of the ID's lock may use it.
func (c *Filesystem[T]) Staging(id string) (string, error) {
	folder := c.folderOf(id)
	if err := ValidateID(folder); err != nil {
		return "", fmt.Errorf("stage %q: %w", id, err)
	}
	dir := c.stagingDir(folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("stage %q: %w", id, err)
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("stage %q: %s is not a folder", id, dir)
	}
	return dir, nil
}

// Sweep tidies up after processes that were killed. It deletes staging folders that no process holds the lock of and in which
// nothing changed for olderThan, what was to be deleted, and the files of locks and leases that nobody holds.
func (c *Filesystem[T]) Sweep(olderThan time.Duration) error {
	names, err := namesIn(c.stagingHome())
	errs := []error{err, c.Recover()}
	for _, name := range names {
		switch kind, rest, _ := strings.Cut(name, "-"); kind {
		case removed:
			errs = append(errs, os.RemoveAll(filepath.Join(c.stagingHome(), name)))
		case c.kind:
			errs = append(errs, c.sweep(rest, func() error { return removeStale(c.stagingDir(rest), c.now().Add(-olderThan)) }))
		}
	}
	names, err = namesIn(filepath.Join(c.home, "locks"))
	errs = append(errs, err)
	for _, name := range names {
		folder, ours := strings.CutPrefix(strings.TrimSuffix(name, ".lock"), c.kind+"-")
		if ours {
			errs = append(errs, c.sweep(folder, func() error { return nil })) // Release removes the file
		}
	}
	errs = append(errs, c.sweepLeases())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sweep %s: %w", c.kind, err)
	}
	return nil
}

// Recover puts entries back in their place that a process which was killed had taken out of it, to put new ones there.
func (c *Filesystem[T]) Recover() error {
	names, err := namesIn(c.stagingHome())
	errs := []error{err}
	for _, name := range names {
		if folder, ok := strings.CutPrefix(name, replaced+"-"+c.kind+"-"); ok {
			errs = append(errs, c.sweep(folder, func() error { return nil })) // its lock's taker recovers it
		}
	}
	return errors.Join(errs...)
}

// sweep runs do under the lock of a folder, unless another holds it.
func (c *Filesystem[T]) sweep(folder string, do func() error) error {
	if !isElement(folder) {
		return nil
	}
	lock, err := c.tryLock(folder, folder)
	if err != nil || lock == nil {
		return err
	}
	return errors.Join(do(), lock.Release())
}

func removeStale(dir string, before time.Time) error {
	newest, err := newestIn(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it went before we had its lock
	}
	if err != nil || newest.After(before) {
		return err
	}
	return os.RemoveAll(dir)
}
