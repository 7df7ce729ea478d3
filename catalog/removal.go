package catalog

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
	"github.com/rbee-keeper/provision/catalog/files"
)

// Remove deletes an entry and the files in its folder, even if its record can't be read. Files outside the folder stay,
// whatever the record says. It waits for the entry's lock, as Lock does. It returns ErrNotFound without an entry,
// and a *LeasedError while a worker runs from it.
func (c *Filesystem[T]) Remove(ctx context.Context, id string, opts LockOptions) error {
	folder, err := c.lookup(id)
	if err != nil {
		return fmt.Errorf("remove %q: %w: %w", id, ErrNotFound, err)
	}
	if !files.Exists(c.entryDir(folder)) && !files.Exists(c.replacedDir(folder)) {
		return fmt.Errorf("remove %q: %w", id, ErrNotFound)
	}
	lock, err := c.Lock(ctx, id, opts)
	if err != nil {
		return fmt.Errorf("remove %q: %w", id, err)
	}
	return errors.Join(c.RemoveLocked(lock), lock.Release())
}

// RemoveLocked is Remove for a caller that holds the lock of the ID.
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
	return c.removeEntry(lock)
}

// removeEntry deletes an entry unless a worker runs from it.
func (c *Filesystem[T]) removeEntry(lock *Lock) error {
	trash, err := c.newTrashDir(lock.folder)
	if err != nil {
		return err
	}
	err = c.unlessLeased(lock, func() error { return os.Rename(c.entryDir(lock.folder), trash) })
	if err != nil {
		return err
	}
	if err := atomicfile.SyncFolder(c.dir()); err != nil {
		return err
	}
	_ = os.RemoveAll(trash) // otherwise Sweep does
	return nil
}

// discard moves a folder out of staging's way at once, and then deletes it. Sweep deletes later what can't be deleted
// now.
func (c *Filesystem[T]) discard(dir, folder string) error {
	trash, err := c.newTrashDir(folder)
	if err != nil {
		return err
	}
	if err := os.Rename(dir, trash); err != nil {
		return err
	}
	err = atomicfile.SyncFolder(filepath.Dir(dir))
	_ = os.RemoveAll(trash)
	return err
}

// newTrashDir returns a new name in staging. Nothing is ever restored from there.
func (c *Filesystem[T]) newTrashDir(folder string) (string, error) {
	if err := os.MkdirAll(c.stagingHome(), 0o700); err != nil {
		return "", err
	}
	return filepath.Join(c.stagingHome(), removed+"-"+lockName(folder)+"-"+rand.Text()), nil
}
