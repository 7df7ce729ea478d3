package verify

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner/executable"
)

// readRecords reads the records of an entry. One that is removed meanwhile is read again by the caller.
func (c *EntryReport) readRecords(workers *catalog.WorkerCatalog) {
	w, err := workers.Get(c.ID)
	if err == nil {
		c.Worker, c.Status = &w, w.Status
	} else {
		c.add(nonNil(problemf(ProblemRecord, catalog.RecordFile, "can't be read: %v", recordCause(err))))
		c.Status, _ = workers.SalvageMark(c.ID) // a mark as bad may still be readable
	}
	p, err := workers.ReadProvenance(c.ID)
	switch {
	case err == nil:
		c.Provenance = &p
	case errors.Is(err, fs.ErrNotExist):
		c.Foreign = true
	default:
		c.add(nonNil(problemf(ProblemProvenance, catalog.ProvenanceFile, "can't be read: %v", deepest(err))))
	}
}

// recordCause returns what is wrong with a record, without its ID and path, which are reported separately.
func recordCause(err error) error {
	if e, ok := errors.AsType[*catalog.RecordError](err); ok {
		return deepest(e.Err)
	}
	return deepest(err)
}

// deepest returns the innermost cause of an error.
func deepest(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// target returns what the executable was made for, according to the record or else to the ID; empty if both are
// unreadable.
func (c *EntryReport) target() (catalog.Platform, catalog.Arch) {
	if c.Worker != nil {
		return c.Worker.Platform, c.Worker.Arch()
	}
	id, err := catalog.ParseID(c.ID)
	if err != nil {
		return "", ""
	}
	return id.Platform, id.Arch
}

// countFiles adds up the recorded files and their sizes.
func (c *EntryReport) countFiles() {
	switch {
	case c.Provenance != nil:
		for _, f := range c.Provenance.Files {
			c.Files++
			c.Bytes += f.Size
		}
	case c.Worker != nil:
		c.Files, c.Bytes = 1, c.Worker.Size
	}
}

// contradictions returns where the records contradict each other, the ID or the files, and which keys are missing.
// The caller ensures that there is a provenance.
func (c *EntryReport) contradictions(missingKeys []string) []Problem {
	w, p := c.Worker, c.Provenance
	if w == nil {
		return nil
	}
	wrong := func(format string, args ...any) *Problem {
		return problemf(ProblemRecord, catalog.RecordFile, format, args...)
	}
	var found []*Problem
	for _, key := range missingKeys {
		found = append(found, wrong("lacks %s", key))
	}
	if v, err := catalog.ParseVersion(w.Version); err != nil || v.String() != p.Version.String() {
		found = append(found, wrong("has the version %q, and %s has %s", w.Version, catalog.ProvenanceFile, p.Version))
	}
	if size := executableSize(p); w.Size != size {
		found = append(found, wrong("has the size %d, and %s has %d", w.Size, catalog.ProvenanceFile, size))
	}
	if id, err := catalog.ParseID(w.ID); err == nil && (id.Type != w.WorkerType || id.Platform != w.Platform) {
		found = append(found, wrong("has %s for %s under the ID %s", w.WorkerType, w.Platform, w.ID))
	}
	own := filepath.Join(c.Dir, filepath.FromSlash(p.Executable))
	if !isSameFile(w.Path, own) {
		found = append(found, wrong("points to %s, which is not the entry's executable", w.Path))
	}
	return nonNil(found...)
}

func executableSize(p *catalog.Provenance) int64 {
	f, _ := p.ExecutableFile()
	return f.Size
}

// isSameFile reports whether two paths are equal or point to the same file.
func isSameFile(a, b string) bool {
	if a == b {
		return true
	}
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// leftovers returns the files in an entry's folder that were not installed. Empty folders don't count: archives contain
// them.
func (i *inspector) leftovers(p *catalog.Provenance) []Problem {
	known := map[string]bool{catalog.RecordFile: true, catalog.ProvenanceFile: true}
	for _, f := range p.Files {
		known[f.Path] = true
	}
	var found []Problem
	_ = fs.WalkDir(i.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && !isAbsent(err):
			found = append(found, *readProblem(name, err))
		case err != nil || entry.IsDir() || known[name]:
		case isInterrupted(name):
			found = append(found, *problemf(ProblemInterrupted, name,
				"was left by a process that was killed while it wrote a record"))
		default:
			found = append(found, *problemf(ProblemLeftover, name, "was not installed"))
		}
		return nil
	})
	return found
}

// isInterrupted reports whether a file has the name of a temporary file of a record.
func isInterrupted(name string) bool {
	return strings.HasPrefix(name, "."+catalog.RecordFile+".") || strings.HasPrefix(name, "."+catalog.ProvenanceFile+".")
}

// inspectForeignClosely checks also the size and format of an executable that another program installed.
func inspectForeignClosely(dir string, w catalog.WorkerBinary) []Problem {
	p := inspectForeign(dir, w)
	if p != nil && p.Kind != ProblemMode { // a wrong mode does not prevent the other checks
		return nonNil(p)
	}
	found := []*Problem{p}
	root, err := os.OpenRoot(filepath.Dir(w.Path))
	if err != nil {
		return nonNil(p, readProblem(w.Path, err))
	}
	defer root.Close()
	if info, err := root.Stat(filepath.Base(w.Path)); err == nil && info.Size() != w.Size {
		found = append(found, problemf(ProblemSize, w.Path, "has %d bytes, and %d are recorded", info.Size(), w.Size))
	}
	if err := executable.Check(root, filepath.Base(w.Path), w.Platform, w.Arch()); err != nil {
		found = append(found, problemf(ProblemFormat, w.Path, "is not a usable executable: %v", err))
	}
	return nonNil(found...)
}
