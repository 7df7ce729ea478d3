package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/catalog/internal/record"
)

// Touch sets last_accessed in the record of an ID, at most once an hour. The rest of the record stays as it is, byte
// for byte. Nothing depends on it: callers may ignore the error, and an entry whose lock somebody holds is skipped.
func (c *Filesystem[T]) Touch(id string) error {
	if !c.Contains(id) {
		return fmt.Errorf("touch %q: %w", id, ErrNotFound)
	}
	lock, ok, err := c.TryLock(id)
	if err != nil || !ok {
		return err
	}
	return errors.Join(c.touch(lock.folder), lock.Release())
}

func (c *Filesystem[T]) touch(folder string) error {
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return err
	}
	defer root.Close()
	name := filepath.Join(folder, RecordFile)
	data, err := files.Read(root, name, record.MaxSize)
	if err != nil {
		return err
	}
	touched, err := record.SetLastAccessed(data, c.now())
	if err != nil || touched == nil {
		return err
	}
	return atomicfile.WriteIn(root, name, touched, atomicfile.Options{})
}
