package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/atomicfile"
	"github.com/rbee-keeper/provision/catalog/plainjson"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// Record describes an installed plugin.
type Record struct {
	Digest      catalog.Digest          `json:"digest"`       // of the executable, a SHA-256
	File        string                  `json:"file"`         // the executable's base name
	Size        int64                   `json:"size"`         // bytes
	From        string                  `json:"from"`         // path or address that it was installed from
	InstalledAt time.Time               `json:"installed_at"` // in UTC
	Description provisioner.Description `json:"description"`  // its answer to Describe
}

// Name returns the plugin's name, which sources in the configuration use.
func (r Record) Name() string { return r.Description.Name }

// RecordError reports a plugin whose record cannot be read.
type RecordError struct {
	Name string
	Err  error
}

// Error names the plugin and what to do.
func (e *RecordError) Error() string {
	return fmt.Sprintf("read the record of plugin %s: %v (install the plugin again, or remove it)", e.Name, e.Err)
}

// Unwrap returns the cause.
func (e *RecordError) Unwrap() error { return e.Err }

// ErrNotInstalled is the cause of errors about a name that no plugin has.
var ErrNotInstalled = errors.New("no such plugin is installed")

const (
	recordSuffix  = ".json"
	maxRecordSize = 4 << 20
)

// List returns the installed plugins, ordered by name. The error joins a *RecordError for each that can't be read.
func (s *Store) List() ([]Record, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list plugins: %w", err)
	}
	var records []Record
	var errs []error
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), recordSuffix)
		if !ok || !config.IsVendorName(name) {
			continue
		}
		switch r, err := s.Get(name); {
		case err == nil:
			records = append(records, r)
		case !errors.Is(err, ErrNotInstalled): // else it was removed meanwhile
			errs = append(errs, err)
		}
	}
	return records, errors.Join(errs...)
}

// Get returns the record of a plugin. Its error is of kind NotFound and wraps ErrNotInstalled, or is a *RecordError.
func (s *Store) Get(name string) (Record, error) {
	data, err := readSmall(s.recordPath(name), maxRecordSize)
	if !config.IsVendorName(name) || errors.Is(err, fs.ErrNotExist) {
		return Record{}, provisioner.Errorf(provisioner.NotFound, "plugin %q: %w", name, ErrNotInstalled).
			WithHint("`provision plugin list` shows what is installed")
	}
	if err != nil {
		return Record{}, &RecordError{Name: name, Err: err}
	}
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, &RecordError{Name: name, Err: err}
	}
	if err := r.validate(name); err != nil {
		return Record{}, &RecordError{Name: name, Err: err}
	}
	return r, nil
}

// validate refuses a path that leads out of the store, and a description that does not belong to this name.
func (r Record) validate(name string) error {
	switch {
	case r.Name() != name:
		return fmt.Errorf("it describes %q", r.Name())
	case !r.Digest.Valid() || r.Digest.Algorithm() != "sha256":
		return fmt.Errorf("malformed digest %q", r.Digest)
	case catalog.ValidateID(r.File) != nil:
		return fmt.Errorf("malformed name of the executable %q", r.File)
	default:
		return validate(r.Description)
	}
}

// validate refuses what can't be the description of a plugin.
func validate(d provisioner.Description) error {
	if !config.IsVendorName(d.Name) {
		return fmt.Errorf("malformed name %.100q: want lower-case words joined by hyphens", d.Name)
	}
	_, err := catalog.ParseVersion(d.Version)
	return err
}

func (s *Store) recordPath(name string) string { return filepath.Join(s.dir, name+recordSuffix) }

// recordSchema is the version of the record's format. Records without it are read as version 1; older programs ignore
// it.
const recordSchema = 1

func (s *Store) writeRecord(r Record) error {
	document := struct {
		Schema int `json:"schema"`
		Record
	}{recordSchema, r}
	return writeJSON(s.recordPath(r.Name()), document, 0o644)
}

// writeJSON writes a whole file atomically: into a temporary file, which is synced and renamed.
func writeJSON(path string, v any, mode fs.FileMode) error {
	var b bytes.Buffer
	if err := plainjson.NewEncoder(&b, "  ").Encode(v); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), stagingPrefix)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return atomicfile.SyncFolder(filepath.Dir(path))
}
