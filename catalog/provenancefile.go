package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/catalog/internal/record"
	"github.com/rbee-keeper/provision/catalog/plainjson"
)

// ProvenanceFile is the name of the provenance record in an entry's folder.
const ProvenanceFile = "provenance.json"

const maxProvenanceSize = 16 << 20

// ReadProvenance returns the provenance of an entry. For an entry that has none, since another program made it, the
// error is fs.ErrNotExist; without an entry it is ErrNotFound too.
func (c *Filesystem[T]) ReadProvenance(id string) (Provenance, error) {
	p, err := c.readProvenance(id)
	if err != nil {
		return Provenance{}, fmt.Errorf("read provenance of %q: %w", id, err)
	}
	return p, nil
}

func (c *Filesystem[T]) readProvenance(id string) (p Provenance, err error) {
	folder, err := c.lookup(id)
	if err != nil {
		return p, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return p, notFoundToo(err)
	}
	defer root.Close()
	if _, err := root.Lstat(folder); err != nil {
		return p, notFoundToo(err)
	}
	var data []byte
	err = readStable(root, folder, func() (err error) {
		data, err = files.Read(root, filepath.Join(folder, ProvenanceFile), maxProvenanceSize)
		return err
	})
	if err != nil {
		return p, err
	}
	if data, err = record.VerifyChecksum(data); err != nil {
		return p, err
	}
	err = json.Unmarshal(data, &p)
	return p, err
}

func notFoundToo(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// WriteProvenance writes provenance.json into a staged folder.
func WriteProvenance(dir string, p Provenance) error {
	if err := writeProvenance(dir, p); err != nil {
		return fmt.Errorf("write provenance: %w", err)
	}
	return nil
}

func writeProvenance(dir string, p Provenance) error {
	data, err := plainjson.MarshalIndent(p, "  ")
	if err != nil {
		return err
	}
	if len(data) >= maxProvenanceSize {
		return fmt.Errorf("it is larger than %d bytes", maxProvenanceSize)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return atomicfile.WriteIn(root, ProvenanceFile, append(record.AddChecksum(data), '\n'), atomicfile.Options{})
}
