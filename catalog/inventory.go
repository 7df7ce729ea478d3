package catalog

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/catalog/internal/record"
)

// RecordErrors are the entries that List could not read, given its error. An error of List that tells of something
// else, such as the catalog's folder, is returned.
func RecordErrors(listed error) ([]*RecordError, error) {
	if listed == nil {
		return nil, nil
	}
	parts := []error{listed}
	if joined, ok := listed.(interface{ Unwrap() []error }); ok {
		parts = joined.Unwrap()
	}
	var found []*RecordError
	for _, part := range parts {
		e, ok := errors.AsType[*RecordError](part)
		if !ok {
			return nil, listed
		}
		found = append(found, e)
	}
	return found, nil
}

// LastUsed is when an entry was last used, as its record tells: within an hour, see Touch. For one that was not used
// since it is when it was added. Without an entry it returns ErrNotFound.
func (c *Filesystem[T]) LastUsed(id string) (time.Time, error) {
	at, err := c.lastUsed(id)
	if err != nil {
		return time.Time{}, fmt.Errorf("last use of %q: %w", id, err)
	}
	return at, nil
}

func (c *Filesystem[T]) lastUsed(id string) (time.Time, error) {
	if _, err := c.get(id); err != nil { // whose entry it is
		return time.Time{}, err
	}
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return time.Time{}, err
	}
	defer root.Close()
	folder := c.folderOf(id)
	var data []byte
	err = readStable(root, folder, func() (err error) {
		data, err = files.Read(root, filepath.Join(folder, RecordFile), record.MaxSize)
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	return lastUse(data)
}

// lastUse reads when a record was last used, in any dialect: in some the key is in camel case.
func lastUse(record []byte) (time.Time, error) {
	var r struct {
		AddedAt       time.Time  `json:"added_at"`
		LastAccessed  *time.Time `json:"last_accessed"`
		CamelAdded    time.Time  `json:"addedAt"`
		CamelAccessed *time.Time `json:"lastAccessed"`
	}
	if err := json.Unmarshal(record, &r); err != nil {
		return time.Time{}, err
	}
	if accessed := cmp.Or(r.LastAccessed, r.CamelAccessed); accessed != nil {
		return *accessed, nil
	}
	return cmp.Or(r.AddedAt, r.CamelAdded), nil
}
