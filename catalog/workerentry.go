package catalog

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// Entry is an installed worker with everything that is recorded of it. WorkerCatalog.Entry and Entries read it; it is a
// snapshot and does not follow later changes.
type Entry struct {
	Worker WorkerBinary // the record in metadata.json
	// Provenance is where the files came from; nil for an entry that another program made, and where Damage is set.
	Provenance *Provenance
	// Dir is the absolute path of the entry's folder.
	Dir string
	// Damage is why provenance.json can't be read, or nil. The rest of the entry is valid nevertheless. EntryOf sets it to
	// ErrNotFound if the entry was removed meanwhile.
	Damage error
}

// IsForeign reports whether another program made the entry, so that nothing is known of its origin. An entry whose
// provenance is damaged is not foreign.
func (e Entry) IsForeign() bool { return e.Provenance == nil && e.Damage == nil }

// Version returns the worker's version. It is zero if the record of a foreign entry holds a text that is not a version.
func (e Entry) Version() Version {
	v, err := ParseVersion(e.Worker.Version)
	if err != nil {
		return Version{}
	}
	return v
}

// Executable returns the absolute path of the executable. It is the file inside the folder that the provenance names,
// even if the record names another; only a foreign entry may lead elsewhere.
func (e Entry) Executable() string {
	if e.Provenance == nil || e.Provenance.Executable == "" {
		return e.Worker.Path
	}
	return filepath.Join(e.Dir, filepath.FromSlash(e.Provenance.Executable))
}

// ExecutableFile returns what was recorded of the executable: its digest, its size in bytes and its mode. It reports
// false for an entry without provenance.
func (e Entry) ExecutableFile() (InstalledFile, bool) {
	if e.Provenance == nil {
		return InstalledFile{}, false
	}
	return e.Provenance.ExecutableFile()
}

// Digest returns the recorded digest of the executable; empty for an entry without provenance.
func (e Entry) Digest() Digest {
	f, _ := e.ExecutableFile()
	return f.Digest
}

// Vendor returns the name of the vendor that the files came from; empty for an entry without provenance.
func (e Entry) Vendor() string {
	if e.Provenance == nil {
		return ""
	}
	return e.Provenance.Vendor
}

// IsFallback reports whether the entry came from a source that was a fallback when it was installed.
func (e Entry) IsFallback() bool { return e.Provenance != nil && e.Provenance.Fallback }

// ExecutableFile returns the recorded file that is the executable. It reports false if the files do not list it.
func (p *Provenance) ExecutableFile() (InstalledFile, bool) {
	for _, f := range p.Files {
		if f.Path == p.Executable {
			return f, true
		}
	}
	return InstalledFile{}, false
}

// Entry returns the entry of an ID. Its errors are those of Get; a provenance that can't be read is the entry's Damage.
func (c *WorkerCatalog) Entry(id string) (Entry, error) {
	w, err := c.Get(id)
	if err != nil {
		return Entry{}, err
	}
	e := c.EntryOf(w)
	if errors.Is(e.Damage, ErrNotFound) { // it was removed meanwhile
		return Entry{}, e.Damage
	}
	return e, nil
}

// Entries returns the entry of every worker that List returns, in its order, with List's error.
func (c *WorkerCatalog) Entries() ([]Entry, error) {
	workers, err := c.List()
	entries := make([]Entry, 0, len(workers))
	for _, w := range workers {
		if e := c.EntryOf(w); !errors.Is(e.Damage, ErrNotFound) {
			entries = append(entries, e)
		}
	}
	return entries, err
}

// EntryOf returns the entry of a worker that Get, List, Find or Matches returned, by reading its provenance. Damage is
// ErrNotFound if the entry was removed meanwhile.
func (c *WorkerCatalog) EntryOf(w WorkerBinary) Entry {
	e := Entry{Worker: w, Dir: c.WorkerPath(w.ID)}
	p, err := c.ReadProvenance(w.ID)
	switch {
	case err == nil:
		e.Provenance = &p
	case errors.Is(err, ErrNotFound): // removed meanwhile
		e.Damage = err
	case errors.Is(err, fs.ErrNotExist): // foreign
	default:
		e.Damage = err
	}
	return e
}
