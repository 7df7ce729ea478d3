package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
)

// Commit makes a folder below Staging the entry of an artifact, whose path must be the final one, below EntryDir. It writes
// the record, makes all of it durable and puts it in place at once: an older entry of the ID is there until the new one is,
// except on platforms or file systems that can't swap folders, where it is missing for a moment. The caller holds the ID's
// lock, and no other process writes to the folder any more.
//
// A Commit that failed or was interrupted may leave anything at dir, the older entry too: make it anew. It returns
// ErrCollision, ErrInvalidID and a *LeasedError, while a worker runs from the older entry, among others.
func (c *Filesystem[T]) Commit(lock *Lock, artifact T, dir string) error {
	if err := c.commit(lock, artifact, dir); err != nil {
		return fmt.Errorf("commit %q: %w", artifact.ArtifactID(), err)
	}
	return nil
}

func (c *Filesystem[T]) commit(lock *Lock, artifact T, dir string) error {
	if err := c.committable(lock, artifact, dir); err != nil {
		return err
	}
	if err := c.completeEntry(artifact, dir); err != nil {
		return err
	}
	if err := makeFolder(c.dir()); err != nil {
		return err
	}
	return c.install(lock, dir)
}

// committable refuses a commit that would harm another entry.
func (c *Filesystem[T]) committable(lock *Lock, artifact T, dir string) error {
	if err := c.addable(artifact); err != nil {
		return err
	}
	id := artifact.ArtifactID()
	folder := c.folderOf(id)
	if err := lock.guards(c.lockPath(folder), id); err != nil {
		return err
	}
	below, err := filepath.Rel(c.stagingDir(folder), dir)
	if err != nil || below == "." || !filepath.IsLocal(below) {
		return fmt.Errorf("%s is not below %s", dir, c.stagingDir(folder))
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	within, err := filepath.Rel(c.entryDir(folder), artifact.ArtifactPath())
	if err != nil || !filepath.IsLocal(within) {
		return fmt.Errorf("path %s is not below %s", artifact.ArtifactPath(), c.entryDir(folder))
	}
	if _, err := c.get(id); errors.Is(err, ErrCollision) {
		return err
	}
	return nil // an entry that can't be read is replaced
}

// completeEntry writes the record into a staged folder and makes all of it durable.
func (c *Filesystem[T]) completeEntry(artifact T, dir string) error {
	data, err := encodeRecord(artifact, c.now())
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := atomicfile.WriteIn(root, RecordFile, data, atomicfile.Options{}); err != nil {
		return err
	}
	return syncTree(dir)
}

// install puts a complete folder in the place of an entry, and deletes what was there.
func (c *Filesystem[T]) install(lock *Lock, dir string) error {
	var old string
	err := c.unlessLeased(lock, func() (err error) {
		old, err = c.exchangeEntry(lock.folder, dir)
		return err
	})
	if err != nil {
		return err
	}
	if err := atomicfile.SyncFolder(c.dir()); err != nil {
		return err
	}
	if old != "" {
		_ = c.discard(old, lock.folder) // else it is swept
	}
	return nil
}

// exchangeEntry puts dir in the place of an entry and returns where the older one is now, if there was one.
func (c *Filesystem[T]) exchangeEntry(folder, dir string) (old string, err error) {
	entry := c.entryDir(folder)
	if !exists(entry) {
		return "", os.Rename(dir, entry)
	}
	if c.swap(dir, entry) == nil {
		return dir, nil
	}
	return c.replacedDir(folder), c.replace(folder, dir)
}

// replace puts dir in the place of an entry in two steps, for where folders can't be swapped. A crash in between, recover
// sets right; replacedDir is free, since whoever took the lock called it.
func (c *Filesystem[T]) replace(folder, dir string) error {
	entry, old := c.entryDir(folder), c.replacedDir(folder)
	if err := os.Rename(entry, old); err != nil {
		return err
	}
	if err := os.Rename(dir, entry); err != nil {
		return errors.Join(err, os.Rename(old, entry))
	}
	return nil
}

// recover puts an entry back that a crashed replace took out of its place, or deletes it if the new one is there. The caller
// holds the lock.
func (c *Filesystem[T]) recover(folder string) error {
	entry, old := c.entryDir(folder), c.replacedDir(folder)
	if !exists(old) {
		return nil
	}
	_, err := os.Lstat(entry)
	switch {
	case err == nil:
		return c.discard(old, folder)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.Rename(old, entry); err != nil {
		return err
	}
	return atomicfile.SyncFolder(c.dir())
}
