package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// EntryReport is what Verify found out about an entry.
type EntryReport struct {
	ID string `json:"id"` // if the record can't be read, the name of the folder
	// Dir is the absolute path of the entry's folder.
	Dir string `json:"path"`
	// Foreign is true if another program made the entry. It records no digests, so only the presence, size and format of
	// the executable could be verified.
	Foreign bool `json:"foreign"`
	// Status is the recorded one. If the record can't be read it is zero, unless a mark as bad could be read.
	Status catalog.Status `json:"status,omitzero"`
	// Integrity is how the bytes were verified when they were installed; empty if that is not recorded.
	Integrity catalog.Integrity `json:"integrity,omitempty"`
	Files     int               `json:"files"`
	Bytes     int64             `json:"bytes"` // of the files, as recorded
	Problems  []Problem         `json:"problems"`

	// The records; nil if they can't be read or don't exist.
	Worker     *catalog.WorkerBinary `json:"-"`
	Provenance *catalog.Provenance   `json:"-"`
}

// IsDamaged reports whether anything is wrong with the entry.
func (c EntryReport) IsDamaged() bool { return slices.ContainsFunc(c.Problems, Problem.IsDamage) }

// Has reports whether there is a problem of one of these kinds.
func (c EntryReport) Has(kinds ...ProblemKind) bool {
	return slices.ContainsFunc(c.Problems, func(p Problem) bool { return slices.Contains(kinds, p.Kind) })
}

// DamageError returns an error with the number of damaged entries among those that were verified (total); nil if it is
// 0.
func DamageError(reports []EntryReport, total int) error {
	damaged := 0
	for _, c := range reports {
		if c.IsDamaged() {
			damaged++
		}
	}
	if damaged == 0 {
		return nil
	}
	return provisioner.Errorf(provisioner.BadPayload, "damaged entries: %d of %d", damaged, total).
		WithHint("`provision verify --repair` restores them; `provision remove ID` removes an entry")
}

// Verify verifies the entries with these IDs, or all entries if there are no IDs: every file's digest, the format and
// mode of the executable, links, leftovers, and whether the records agree. It reads several files at a time, and writes
// nothing.
//
// The reports are in the order of the IDs. An entry that is replaced meanwhile is verified again. Damage is reported in
// the EntryReports, not as an error. Errors are catalog.ErrNotFound for one of the given IDs, and those of ctx and of
// the catalog's folder.
func Verify(ctx context.Context, workers *catalog.WorkerCatalog, ids []string) ([]EntryReport, error) {
	v := &verifier{workers: workers, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	named := len(ids) > 0
	if !named {
		var err error
		if ids, err = entryIDs(workers); err != nil {
			return nil, err
		}
	}
	found := make([]EntryReport, len(ids))
	looking, ctx := errgroup.WithContext(ctx)
	looking.SetLimit(cap(v.slots))
	for n, id := range ids {
		looking.Go(func() (err error) {
			found[n], err = v.entry(ctx, id)
			if !named && errors.Is(err, catalog.ErrNotFound) { // removed meanwhile
				return nil
			}
			return err
		})
	}
	if err := looking.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(c EntryReport) bool { return c.ID == "" }), nil
}

// entryIDs lists the IDs of all entries in alphabetical order. If a record can't be read, the name of the folder stands
// for the ID.
func entryIDs(workers *catalog.WorkerCatalog) ([]string, error) {
	entries, err := workers.List()
	var ids []string
	for _, w := range entries {
		ids = append(ids, w.ID)
	}
	unreadable, err := catalog.RecordErrors(err)
	if err != nil {
		return nil, err
	}
	for _, e := range unreadable {
		ids = append(ids, filepath.Base(e.Dir))
	}
	slices.Sort(ids)
	return ids, nil
}

// verifier verifies entries.
type verifier struct {
	workers *catalog.WorkerCatalog
	slots   chan struct{} // one for each file that may be read at a time
}

// entry verifies one entry.
func (v *verifier) entry(ctx context.Context, id string) (c EntryReport, err error) {
	dir, err := v.workers.EntryDir(id)
	if err != nil {
		return EntryReport{}, fmt.Errorf("verify %q: %w: %w", id, catalog.ErrNotFound, err)
	}
	err = ReadStable(dir, func() (bool, error) {
		if err := ctx.Err(); err != nil {
			return true, err
		}
		c, err = v.look(ctx, id, dir)
		return err == nil && len(c.Problems) == 0, err
	})
	if err != nil {
		return EntryReport{}, fmt.Errorf("verify %q: %w", id, err)
	}
	return c, nil
}

// look verifies what is in an entry's folder now.
func (v *verifier) look(ctx context.Context, id, dir string) (EntryReport, error) {
	c := EntryReport{ID: id, Dir: dir, Problems: []Problem{}}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrPermission) { // the others can still be looked at
		c.add(nonNil(problemf(ProblemUnreadable, "", "its folder can't be read: %s", bareCause(err))))
		return c, nil
	}
	if err != nil {
		return c, err
	}
	defer root.Close()
	c.readRecords(v.workers)
	i := &inspector{root: root, slots: v.slots}
	switch {
	case c.Provenance != nil:
		c.Integrity = c.Provenance.Integrity
		platform, arch := c.target()
		problems, err := i.inspect(ctx, c.Provenance, platform, arch, provisioner.VerifyDigest)
		if err != nil {
			return c, err
		}
		c.add(problems)
		c.add(i.leftovers(c.Provenance))
		lacking, _ := v.workers.RecordLacks(id) // an unreadable record is reported already
		c.add(c.contradictions(lacking))
	case c.Foreign && c.Worker != nil:
		c.add(inspectForeignClosely(dir, *c.Worker))
	}
	c.countFiles()
	return c, nil
}

func (c *EntryReport) add(problems []Problem) { c.Problems = append(c.Problems, problems...) }
