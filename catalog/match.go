package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
)

// Match describes the workers that are looked for.
type Match struct {
	Type       WorkerType
	Platform   Platform   // empty is this machine's
	Arch       Arch       // empty is this machine's, or another platform's usual one
	Constraint Constraint // zero allows every version
	// Accept, if set, decides on each worker that fits. It is called newest first.
	Accept func(WorkerBinary) bool
}

func (m Match) complete() Match {
	m.Platform = cmp.Or(m.Platform, Current())
	if m.Arch == "" && m.Platform == Current() {
		m.Arch = CurrentArch()
	}
	m.Arch = cmp.Or(m.Arch, m.Platform.UsualArch())
	return m
}

func (m Match) fits(id ID) bool {
	return id.Type == m.Type && id.Platform == m.Platform && id.Arch == m.Arch && m.Constraint.Allows(id.Version)
}

// Find returns the newest worker that matches, or ErrNotFound.
func (c *WorkerCatalog) Find(m Match) (WorkerBinary, error) {
	for w, err := range c.Matches(m) {
		return w, err
	}
	m = m.complete()
	return WorkerBinary{}, fmt.Errorf("find %s for %s/%s: %w", m.Type, m.Platform, m.Arch, ErrNotFound)
}

// Matches yields the workers that match, newest first; of equal versions ours come before foreign ones. It passes over workers
// that are not Available, whose executable is not a regular file or whose record can't be read. If the catalog itself can't
// be read, it yields that error alone.
//
// The names of folders tell most of it: records are opened one at a time as they are asked for, except those of foreign IDs.
func (c *WorkerCatalog) Matches(m Match) iter.Seq2[WorkerBinary, error] {
	m = m.complete()
	return func(yield func(WorkerBinary, error) bool) {
		root, folders, err := c.open()
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(WorkerBinary{}, fmt.Errorf("find %s: %w", m.Type, err))
			return
		}
		defer root.Close()
		for _, candidate := range c.candidates(m, root, folders) {
			w, err := c.loadUsable(root, candidate.folder)
			if err != nil || w.WorkerType != m.Type || w.Platform != m.Platform || m.Accept != nil && !m.Accept(w) {
				continue
			}
			if !yield(w, nil) {
				return
			}
		}
	}
}

// candidate is a folder whose worker fits, as far as its ID tells.
type candidate struct {
	folder  string
	version Version
	rank    int // 1 for a foreign ID, else 0
}

func (c *WorkerCatalog) candidates(m Match, root *os.Root, folders []string) []candidate {
	var found []candidate
	for _, folder := range folders {
		rank := 0
		id, err := ParseID(folder)
		if err != nil {
			rank = 1
			id, err = c.identify(root, folder)
		}
		if err == nil && m.fits(id) {
			found = append(found, candidate{folder, id.Version, rank})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(b.version.Compare(a.version), cmp.Compare(a.rank, b.rank), strings.Compare(a.folder, b.folder))
	})
	return found
}

// identify reads from the record what a foreign ID does not tell. A version that is none is older than any.
func (c *WorkerCatalog) identify(root *os.Root, folder string) (ID, error) {
	w, err := c.load(root, folder)
	if err != nil {
		return ID{}, err
	}
	version, err := ParseVersion(w.Version)
	if err != nil {
		version = Version{}
	}
	return ID{Type: w.WorkerType, Version: version, Platform: w.Platform, Arch: w.Arch()}, nil
}

// loadUsable returns the worker in a folder if it can be started.
func (c *WorkerCatalog) loadUsable(root *os.Root, folder string) (WorkerBinary, error) {
	var w WorkerBinary
	err := steady(root, folder, func() (err error) {
		if w, err = c.read(root, folder); err != nil {
			return err
		}
		return w.usable()
	})
	return w, err
}

// usable returns an error unless w is available and its executable is there.
func (w WorkerBinary) usable() error {
	if w.Status.State != Available {
		return fmt.Errorf("worker %q is not available: %s", w.ID, w.Status)
	}
	info, err := os.Stat(w.Path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("executable %s is not a regular file", w.Path)
	}
	return nil
}
