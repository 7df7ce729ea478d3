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
	ProblemMissing     ProblemKind = "missing"     // an installed file does not exist
	ProblemType        ProblemKind = "type"        // a file is now a folder, a link or something else
	ProblemSize        ProblemKind = "size"        // a file has another size
	ProblemDigest      ProblemKind = "digest"      // a file has other bytes
	ProblemMode        ProblemKind = "mode"        // a file can no longer be executed, or others can change it
	ProblemLink        ProblemKind = "link"        // a link points elsewhere
	ProblemFormat      ProblemKind = "format"      // the executable is not one for the entry's platform
	ProblemLeftover    ProblemKind = "leftover"    // a file that the installation did not create
	ProblemInterrupted ProblemKind = "interrupted" // a killed process left the file while it wrote a record; harmless
	ProblemRecord      ProblemKind = "record"      // metadata.json can't be read, or contradicts the files
	ProblemProvenance  ProblemKind = "provenance"  // provenance.json can't be read, or contradicts the files
	ProblemUnreadable  ProblemKind = "unreadable"  // a file can't be read
)

// Problem is one difference between an entry and what was installed.
type Problem struct {
	Kind ProblemKind `json:"kind"`
	// Path is slash-separated and relative to the entry's folder. It is absolute only for the executable of a foreign
	// entry that lies outside the folder.
	Path   string `json:"path,omitempty"`
	Reason string `json:"reason"` // for a person: what to print after the path, such as "has 3 bytes"
}

// IsDamage reports whether the entry is unreliable because of p.
func (p Problem) IsDamage() bool { return p.Kind != ProblemInterrupted }

// String returns the path and what is wrong with it.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Reason
	}
	return p.Path + " " + p.Reason
}

func problemf(kind ProblemKind, path, format string, args ...any) *Problem {
	return &Problem{Kind: kind, Path: path, Reason: fmt.Sprintf(format, args...)}
}

// readProblem returns the problem that err prevented reading a file; ProblemMissing if the file does not exist.
func readProblem(path string, err error) *Problem {
	kind := ProblemUnreadable
	if isAbsent(err) {
		kind = ProblemMissing
	}
	return problemf(kind, path, "can't be read: %s", bareCause(err))
}

// bareCause returns the text of an error without the path.
func bareCause(err error) string {
	if path, ok := err.(*fs.PathError); ok {
		err = path.Err
	}
	return err.Error()
}

// AbsPath returns the absolute path of the file that p is about; dir is the entry's folder.
func (p Problem) AbsPath(dir string) string {
	if path := filepath.FromSlash(p.Path); filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, filepath.FromSlash(p.Path))
}
