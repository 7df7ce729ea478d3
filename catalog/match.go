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

// mayFit reports whether a worker fits as far as it can be told without its version.
func (m Match) mayFit(n folderName) bool {
	return n.workerType == m.Type && n.platform == m.Platform && n.arch == m.Arch
}

func (m Match) allows(v age) bool { return m.Constraint.IsZero() || m.Constraint.Allows(v.parsed()) }

// Find returns the newest worker that matches, or ErrNotFound.
func (c *WorkerCatalog) Find(m Match) (WorkerBinary, error) {
	for w, err := range c.Matches(m) {
		return w, err
	}
	m = m.complete()
	return WorkerBinary{}, fmt.Errorf("find %s for %s/%s: %w", m.Type, m.Platform, m.Arch, ErrNotFound)
}

// Matches yields the workers that match, newest first; of equal versions ours come before foreign ones. It passes over
// workers that are not Available, whose executable is not a regular file or whose record can't be read. If the catalog
// itself can't be read, it yields that error alone.
//
// The names of folders tell most of it: beyond reading these, an entry with an ID of ours costs something only when it
// is its turn, and one with a foreign ID always that its record is read.
func (c *WorkerCatalog) Matches(m Match) iter.Seq2[WorkerBinary, error] {
	m = m.complete()
	return func(yield func(WorkerBinary, error) bool) {
		root, names, err := c.openNames()
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(WorkerBinary{}, fmt.Errorf("find %s: %w", m.Type, err))
			return
		}
		defer root.Close()
		for candidate := range newestFirst(c.candidates(m, root, names)) {
			if !m.allows(candidate.version) {
				continue
			}
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

// candidate is a folder whose worker may fit, as far as its ID tells.
type candidate struct {
	folder  string
	version age
	rank    int // 1 for a foreign ID, else 0
}

func (a candidate) compare(b candidate) int {
	return cmp.Or(b.version.compare(a.version), cmp.Compare(a.rank, b.rank), strings.Compare(a.folder, b.folder))
}

func (c *WorkerCatalog) candidates(m Match, root *os.Root, names []string) []candidate {
	prefix := m.Type.BinaryName() + "-v"
	suffix := strings.TrimPrefix(ID{Type: m.Type, Platform: m.Platform, Arch: m.Arch}.String(), prefix)
	found := make([]candidate, 0, len(names))
	var foreign []string
	for _, folder := range names {
		if version, ok := plainAgeBetween(prefix, folder, suffix); ok {
			found = append(found, candidate{folder, version, 0})
			continue
		}
		n, ok := readFolderName(folder)
		switch {
		case !ok:
			foreign = append(foreign, folder)
		case m.mayFit(n):
			found = append(found, candidate{folder, n.version, 0})
		}
	}
	workers, errs := loadAll(foreign, func(folder string) (WorkerBinary, error) { return c.load(root, folder) })
	for i, folder := range foreign {
		if errs[i] != nil {
			continue
		}
		if n := toldBy(workers[i]); m.mayFit(n) {
			found = append(found, candidate{folder, n.version, 1})
		}
	}
	return found
}

// toldBy takes from a record what a foreign ID does not tell. A version that is none is older than any.
func toldBy(w WorkerBinary) folderName {
	version, err := ParseVersion(w.Version)
	if err != nil {
		version = Version{}
	}
	return folderName{workerType: w.WorkerType, platform: w.Platform, arch: w.Arch(), version: ageOf(version)}
}

// newestFirst yields candidates in their order. Mostly the first is the last that is asked for, so the rest is sorted
// only then.
func newestFirst(all []candidate) iter.Seq[candidate] {
	return func(yield func(candidate) bool) {
		for i := range all {
			if all[i].compare(all[0]) < 0 {
				all[0], all[i] = all[i], all[0]
			}
		}
		for i := range all {
			if i == 1 {
				slices.SortFunc(all[1:], candidate.compare)
			}
			if !yield(all[i]) {
				return
			}
		}
	}
}

// loadUsable returns the worker in a folder if it can be started.
func (c *WorkerCatalog) loadUsable(root *os.Root, folder string) (WorkerBinary, error) {
	var w WorkerBinary
	err := readStable(root, folder, func() (err error) {
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
