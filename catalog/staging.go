package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog/files"
)

// Prefixes of folders in staging that are not for preparing entries.
const (
	removed  = "removed"  // the trash
	replaced = "replaced" // an entry that was moved aside while a new one takes its place
)

func (c *Filesystem[T]) stagingHome() string { return filepath.Join(c.home, "staging") }

func (c *Filesystem[T]) stagingDir(folder string) string {
	return filepath.Join(c.stagingHome(), c.kind+"-"+folder)
}

func (c *Filesystem[T]) replacedDir(folder string) string {
	return filepath.Join(c.stagingHome(), replaced+"-"+c.kind+"-"+folder)
}

// Staging creates the folder in which an entry is prepared, and returns its absolute path. Each call with the same ID
// returns the same folder, so that interrupted work can continue. Only the holder of the ID's lock may use it.
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

// Sweep cleans up after killed processes. It deletes staging folders whose lock nobody holds and in which nothing has
// changed for olderThan, the trash, and the files of locks and leases that nobody holds. It also calls Recover.
func (c *Filesystem[T]) Sweep(olderThan time.Duration) error {
	names, err := files.Names(c.stagingHome())
	errs := []error{err, c.Recover()}
	for _, name := range names {
		switch kind, rest, _ := strings.Cut(name, "-"); kind {
		case removed:
			errs = append(errs, os.RemoveAll(filepath.Join(c.stagingHome(), name)))
		case c.kind:
			errs = append(errs, c.ifUnlocked(rest, func() error {
				return removeStale(c.stagingDir(rest),
					c.now().Add(-olderThan))
			}))
		}
	}
	names, err = files.Names(filepath.Join(c.home, "locks"))
	errs = append(errs, err)
	for _, name := range names {
		folder, ours := strings.CutPrefix(strings.TrimSuffix(name, ".lock"), c.kind+"-")
		if ours {
			errs = append(errs, c.ifUnlocked(folder, nothing)) // Release removes the file
		}
	}
	errs = append(errs, c.sweepLeases())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sweep %s: %w", c.kind, err)
	}
	return nil
}

// Recover puts entries back in their place that a killed process had moved aside to replace them.
func (c *Filesystem[T]) Recover() error {
	names, err := files.Names(c.stagingHome())
	errs := []error{err}
	for _, name := range names {
		if folder, ok := strings.CutPrefix(name, replaced+"-"+c.kind+"-"); ok {
			errs = append(errs, c.ifUnlocked(folder, nothing)) // taking the lock recovers the entry
		}
	}
	return errors.Join(errs...)
}

func nothing() error { return nil }

// ifUnlocked runs do under the lock of a folder, unless somebody else holds it. The folder stands for its ID, which is
// unknown here. If the name of a long folder was cut for its lock file, this takes only the lock.
func (c *Filesystem[T]) ifUnlocked(folder string, do func() error) error {
	if !isSafeName(folder) {
		return nil
	}
	lock, err := c.tryLock(folder, folder)
	if err != nil || lock == nil {
		return err
	}
	return errors.Join(do(), lock.Release())
}

func removeStale(dir string, before time.Time) error {
	newest, err := files.Newest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was removed before we had its lock
	}
	if err != nil || newest.After(before) {
		return err
	}
	return os.RemoveAll(dir)
}
