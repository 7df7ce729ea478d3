package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
	"github.com/rbee-keeper/provision/catalog/plainjson"
)

// ProvenanceFile is the name of the provenance record in an entry's folder.
const ProvenanceFile = "provenance.json"

const maxProvenanceSize = 16 << 20

// ReadProvenance returns the provenance of an entry. For an entry that has none, since another program made it, the error is
// fs.ErrNotExist; without an entry it is ErrNotFound too.
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
	err = steady(root, folder, func() (err error) {
		data, err = readFile(root, filepath.Join(folder, ProvenanceFile), maxProvenanceSize)
		return err
	})
	if err != nil {
		return p, err
	}
	if data, err = unseal(data); err != nil {
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
	return atomicfile.WriteIn(root, ProvenanceFile, append(seal(data), '\n'), atomicfile.Options{})
}

// A provenance record ends with a member of its own that is the SHA-256 of all before it, closed by a brace: what digests and command
// lines stand there must be what was written.
const (
	sealBegin = ",\n  \"checksum\": \"sha256:"
	sealEnd   = "\"\n}"
	bare      = "\n}" // how a record ends without
)

func seal(record []byte) []byte {
	sum := sha256.Sum256(record)
	sealed := bytes.TrimSuffix(record, []byte(bare))
	return fmt.Appendf(bytes.Clone(sealed), "%s%x%s", sealBegin, sum, sealEnd)
}

// unseal returns the record without its checksum, or an error if that is not its own.
func unseal(sealed []byte) ([]byte, error) {
	sealed = bytes.TrimSuffix(sealed, []byte("\n"))
	at := len(sealed) - len(sealBegin) - 2*sha256.Size - len(sealEnd)
	if at < 0 {
		return nil, errUnsealed
	}
	record := append(bytes.Clone(sealed[:at]), bare...)
	if !bytes.Equal(seal(record), sealed) {
		return nil, errUnsealed
	}
	return record, nil
}

var errUnsealed = errors.New("it was changed since it was written, as its checksum tells")
