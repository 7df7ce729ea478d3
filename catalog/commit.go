package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
	"github.com/rbee-keeper/provision/catalog/files"
)

// Commit makes a folder below Staging the entry of an artifact, whose path must be the final one, below EntryDir. It
// writes the record, makes everything durable and moves the folder into place at once: an older entry of the ID stays
// until then. Only on platforms or file systems that can't swap folders it is missing for a moment. The caller holds
// the ID's lock, and no other process writes to the folder.
//
// After a Commit that failed or was interrupted, dir may hold anything, even the older entry: create it again. Errors
// are ErrCollision, ErrInvalidID and, while a worker runs from the older entry, a *LeasedError, among others.
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
	if err := files.MakeFolder(c.dir()); err != nil {
		return err
	}
	return c.install(lock, dir)
}

// committable refuses a commit that would damage another entry.
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

// completeEntry writes the record into a staged folder and makes everything in it durable.
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
	return files.SyncTree(dir)
}

// install moves a complete folder to the place of an entry, and deletes the older entry.
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
		_ = c.discard(old, lock.folder) // otherwise it is swept
	}
	return nil
}

// exchangeEntry moves dir to the place of an entry and returns where the older entry is now, if there was one.
func (c *Filesystem[T]) exchangeEntry(folder, dir string) (old string, err error) {
	entry := c.entryDir(folder)
	if !files.Exists(entry) {
		return "", os.Rename(dir, entry)
	}
	if c.swap(dir, entry) == nil {
		return dir, nil
	}
	return c.replacedDir(folder), c.replace(folder, dir)
}

// replace moves dir to the place of an entry in two steps, where folders can't be swapped. After a crash in between,
// recover restores the older entry. replacedDir is free, because whoever takes the lock calls recover.
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

// recover moves an entry back that a crashed replace had moved aside, or deletes it if the new one is in place. The
// caller holds the lock.
func (c *Filesystem[T]) recover(folder string) error {
	entry, old := c.entryDir(folder), c.replacedDir(folder)
	if !files.Exists(old) {
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
