package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
)

// Rewrite replaces the record of an existing entry, even one that can't be read. Its other keys are lost. The caller
// holds the ID's lock. Errors are ErrNotFound, ErrCollision and ErrInvalidID among others.
func (c *Filesystem[T]) Rewrite(lock *Lock, artifact T) error {
	if err := c.rewrite(lock, artifact); err != nil {
		return fmt.Errorf("rewrite record of %q: %w", artifact.ArtifactID(), err)
	}
	return nil
}

func (c *Filesystem[T]) rewrite(lock *Lock, artifact T) error {
	if err := c.addable(artifact); err != nil {
		return err
	}
	if err := lock.guards(c.lockPath(lock.folder), artifact.ArtifactID()); err != nil {
		return err
	}
	if _, err := c.get(lock.id); errors.Is(err, ErrCollision) && !c.isProven(lock.id) {
		return err
	}
	if info, err := os.Lstat(c.entryDir(lock.folder)); err != nil || !info.IsDir() {
		return ErrNotFound
	}
	data, err := encodeRecord(artifact, c.now())
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return err
	}
	defer root.Close()
	return atomicfile.WriteIn(root, filepath.Join(lock.folder, RecordFile), data, atomicfile.Options{})
}

// isProven reports whether an entry's provenance has the version in its ID. A record with another ID is then damaged,
// and does not belong to another entry.
func (c *Filesystem[T]) isProven(id string) bool {
	parsed, err := ParseID(id)
	if err != nil {
		return false
	}
	p, err := c.readProvenance(id)
	return err == nil && p.Version.Compare(parsed.Version) == 0
}
