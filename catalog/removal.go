package catalog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Remove deletes an entry and the files in its folder, also one whose record can't be read; files outside the folder stay,
// whatever the record says. It waits for the entry's lock. Without an entry it returns ErrNotFound.
func (c *Filesystem[T]) Remove(id string) error {
	folder, err := c.lookup(id)
	if err != nil {
		return fmt.Errorf("remove %q: %w: %w", id, ErrNotFound, err)
	}
	if !exists(c.entryDir(folder)) && !exists(c.replacedDir(folder)) {
		return fmt.Errorf("remove %q: %w", id, ErrNotFound)
	}
	return c.locked(id, c.RemoveLocked)
}

// RemoveLocked is Remove for a caller who holds the lock of the ID.
func (c *Filesystem[T]) RemoveLocked(lock *Lock) error {
	if err := c.removeLocked(lock); err != nil {
		return fmt.Errorf("remove %q: %w", lock.id, err)
	}
	return nil
}

func (c *Filesystem[T]) removeLocked(lock *Lock) error {
	if err := lock.guards(c.lockPath(lock.folder), lock.id); err != nil {
		return err
	}
	if info, err := os.Lstat(c.entryDir(lock.folder)); err != nil || !info.IsDir() {
		return ErrNotFound // a link is not an entry, nor is what it points to
	}
	if _, err := c.get(lock.id); errors.Is(err, ErrCollision) {
		return err
	}
	return c.discard(c.entryDir(lock.folder), lock.folder)
}

// discard makes a folder vanish at once and then deletes it. What can't be deleted now, Sweep does later.
func (c *Filesystem[T]) discard(dir, folder string) error {
	if err := os.MkdirAll(c.stagingHome(), 0o700); err != nil {
		return err
	}
	doomed := filepath.Join(c.stagingHome(), removed+"-"+folder+"-"+rand.Text())
	if err := os.Rename(dir, doomed); err != nil {
		return err
	}
	err := syncFolder(filepath.Dir(dir))
	_ = os.RemoveAll(doomed)
	return err
}
