package bundle

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// maxRecord is the largest size of a record in bytes. A provenance lists all files.
const maxRecord = 16 << 20

// source is an entry that is exported. Its lease keeps other processes from removing it meanwhile.
type source struct {
	Entry
	root    *os.Root
	lease   *catalog.Lease    // nil if there can be none, as in a read-only catalog
	records map[string][]byte // by name; read once, since another process may rewrite them
}

// openSource leases an entry and reads its records. It refuses an entry that Import could not verify, or that can't be
// used.
func openSource(workers *catalog.WorkerCatalog, id string) (*source, error) {
	dir, err := workers.EntryDir(id)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", catalog.ErrNotFound, err)
	}
	s := &source{Entry: Entry{ID: id}, records: map[string][]byte{}}
	if s.lease, err = workers.Lease(id); errors.Is(err, catalog.ErrNotFound) {
		return nil, err
	}
	if err = s.open(workers, dir); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *source) open(workers *catalog.WorkerCatalog, dir string) error {
	e, err := workers.Entry(s.ID)
	switch {
	case err != nil:
		return err
	case e.Worker.Status.State != catalog.Available:
		return provisioner.Errorf(provisioner.NotFound, "it is not available: %s", e.Worker.Status)
	case e.Damage != nil:
		return e.Damage
	case e.IsForeign():
		return provisioner.Errorf(provisioner.Unverified,
			"another program made it, and there are no digests to verify it with").
			WithHint("copy its folder, or install it by `provision %s` and export that", e.Worker.WorkerType)
	}
	if s.root, err = os.OpenRoot(dir); err != nil {
		return err
	}
	for _, name := range []string{catalog.RecordFile, catalog.ProvenanceFile} {
		if err := s.readRecord(name); err != nil {
			return err
		}
	}
	s.Files = append(s.Files, e.Provenance.Files...)
	for _, f := range s.Files {
		s.Bytes += f.Size
	}
	return nil
}

func (s *source) readRecord(name string) error {
	data, err := readLimited(s.root, name, maxRecord)
	if err != nil {
		return err
	}
	hash := sha256.New()
	hash.Write(data)
	s.records[name] = data
	s.Files = append(s.Files, catalog.InstalledFile{
		Path: name, Size: int64(len(data)), Digest: catalog.DigestOf(hash), Mode: recordFileMode,
	})
	return nil
}

// content opens a file of the entry.
func (s *source) content(f catalog.InstalledFile) (io.ReadCloser, error) {
	if data, ok := s.records[f.Path]; ok {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	name := filepath.FromSlash(f.Path)
	info, err := s.root.Lstat(name)
	switch {
	case err != nil:
		return nil, s.damaged(f.Path, err.Error())
	case !info.Mode().IsRegular():
		return nil, s.damaged(f.Path, "is not a file")
	case info.Size() != f.Size:
		return nil, s.damaged(f.Path, fmt.Sprintf("has %d bytes where %d were installed", info.Size(), f.Size))
	}
	return s.root.Open(name)
}

// damaged returns the error of an entry that is not what was installed.
func (s *source) damaged(path, reason string) error {
	return provisioner.Errorf(provisioner.BadPayload, "it is damaged: %s %s", path, reason).
		WithHint("`provision verify %s --repair` repairs it", s.ID)
}

func (s *source) close() {
	if s.root != nil {
		_ = s.root.Close()
	}
	if s.lease != nil {
		_ = s.lease.Release() // an error does not matter: everything was read
	}
}
