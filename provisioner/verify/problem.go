package verify

import (
	"fmt"
	"io/fs"
	"path/filepath"
)

// ProblemKind classifies a Problem.
type ProblemKind string

// The kinds of problems.
const (
	ProblemMissing     ProblemKind = "missing"     // a file that was installed is not there
	ProblemType        ProblemKind = "type"        // a file is now a folder, a link or something else
	ProblemSize        ProblemKind = "size"        // a file has another size
	ProblemDigest      ProblemKind = "digest"      // a file has other bytes
	ProblemMode        ProblemKind = "mode"        // a file can't be executed any more, or be changed by others
	ProblemLink        ProblemKind = "link"        // a link leads elsewhere
	ProblemFormat      ProblemKind = "format"      // the executable is none for the entry's platform
	ProblemLeftover    ProblemKind = "leftover"    // a file was not installed
	ProblemInterrupted ProblemKind = "interrupted" // a file that a killed process left while it wrote a record; harmless
	ProblemRecord      ProblemKind = "record"      // metadata.json can't be read, or contradicts what is there
	ProblemProvenance  ProblemKind = "provenance"  // the same of provenance.json
	ProblemUnreadable  ProblemKind = "unreadable"  // a file can't be read
)

// Problem is one way in which an entry is not as it was installed.
type Problem struct {
	Kind ProblemKind `json:"kind"`
	// Path is slash-separated and within the entry's folder; absolute for a file outside it, to which only a record that another
	// program wrote may lead.
	Path   string `json:"path,omitempty"`
	Reason string `json:"reason"` // for a person, to follow on the path
}

// IsDamage reports whether the entry can't be relied on because of p.
func (p Problem) IsDamage() bool { return p.Kind != ProblemInterrupted }

// String is the path and what is wrong with it.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Reason
	}
	return p.Path + " " + p.Reason
}

func problemf(kind ProblemKind, path, format string, args ...any) *Problem {
	return &Problem{Kind: kind, Path: path, Reason: fmt.Sprintf(format, args...)}
}

// notRead is the problem of a file at which err was met.
func notRead(path string, err error) *Problem {
	kind := ProblemUnreadable
	if isAbsent(err) {
		kind = ProblemMissing
	}
	return problemf(kind, path, "can't be read: %s", bareCause(err))
}

// bareCause says what an error is, without the path that it names.
func bareCause(err error) string {
	if path, ok := err.(*fs.PathError); ok {
		err = path.Err
	}
	return err.Error()
}

// In is the absolute path of what p is about, in an entry's folder.
func (p Problem) In(dir string) string {
	if path := filepath.FromSlash(p.Path); filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, filepath.FromSlash(p.Path))
}
