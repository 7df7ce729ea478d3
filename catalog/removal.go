package catalog

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
)

// Remove deletes an entry and the files in its folder, also one whose record can't be read; files outside the folder stay,
// whatever the record says. It waits for the entry's lock, as Lock does. Without an entry it returns ErrNotFound, and for one that
// a worker runs from a *LeasedError.
func (c *Filesystem[T]) Remove(id string) error {
	return c.RemoveContext(context.Background(), id, nil)
}

// RemoveContext is Remove for a caller who may give up or be told of a wait, as with Lock.
func (c *Filesystem[T]) RemoveContext(ctx context.Context, id string, onWait func(holder string)) error {
	folder, err := c.lookup(id)
	if err != nil {
		return fmt.Errorf("remove %q: %w: %w", id, ErrNotFound, err)
	}
	if !exists(c.entryDir(folder)) && !exists(c.replacedDir(folder)) {
		return fmt.Errorf("remove %q: %w", id, ErrNotFound)
	}
	lock, err := c.Lock(ctx, id, onWait)
	if err != nil {
		return fmt.Errorf("remove %q: %w", id, err)
	}
	return errors.Join(c.RemoveLocked(lock), lock.Release())
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
	return c.vacate(lock)
}

// vacate deletes an entry unless a worker runs from it.
func (c *Filesystem[T]) vacate(lock *Lock) error {
	doomed, err := c.newDoomedDir(lock.folder)
	if err != nil {
		return err
	}
	err = c.unlessLeased(lock, func() error { return os.Rename(c.entryDir(lock.folder), doomed) })
	if err != nil {
		return err
	}
	if err := atomicfile.SyncFolder(c.dir()); err != nil {
		return err
	}
	_ = os.RemoveAll(doomed) // else Sweep does
	return nil
}

// discard makes a folder of staging vanish at once and then deletes it. What can't be deleted now, Sweep does later.
func (c *Filesystem[T]) discard(dir, folder string) error {
	doomed, err := c.newDoomedDir(folder)
	if err != nil {
		return err
	}
	if err := os.Rename(dir, doomed); err != nil {
		return err
	}
	err = atomicfile.SyncFolder(filepath.Dir(dir))
	_ = os.RemoveAll(doomed)
	return err
}

// newDoomedDir is a new name in staging, below which nothing is ever put back.
func (c *Filesystem[T]) newDoomedDir(folder string) (string, error) {
	if err := os.MkdirAll(c.stagingHome(), 0o700); err != nil {
		return "", err
	}
	return filepath.Join(c.stagingHome(), removed+"-"+label(folder)+"-"+rand.Text()), nil
}
