package prune

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// group is what the newest entries are counted in.
type group struct {
	t        catalog.WorkerType
	platform catalog.Platform
	arch     catalog.Arch
}

func sortedGroups(groups map[group][]*entry) []group {
	return slices.SortedFunc(maps.Keys(groups), func(a, b group) int {
		return cmp.Or(strings.Compare(string(a.t), string(b.t)), strings.Compare(string(a.platform), string(b.platform)),
			strings.Compare(string(a.arch), string(b.arch)))
	})
}

// entry is one that may go.
type entry struct {
	catalog.WorkerBinary
	dir      string
	version  catalog.Version
	unusable string    // why it can't serve; empty if it can
	used     time.Time // when it was last
	verdict  string    // why it may go
}

func (e *entry) group() group { return group{e.WorkerType, e.Platform, e.Arch()} }

func (e *entry) item() Item { return Item{Sort: Entry, Name: e.ID, Path: e.dir} }

// look finds out what the rules ask of an entry.
func (r *run) look(ctx context.Context, w catalog.WorkerBinary) (*entry, error) {
	e := &entry{WorkerBinary: w}
	var err error
	if e.dir, err = r.workers.EntryDir(w.ID); err != nil {
		return nil, err
	}
	if v, err := catalog.ParseVersion(w.Version); err == nil { // else it is the oldest
		e.version = v
	}
	if e.used, err = r.workers.LastUsed(w.ID); err != nil {
		e.used = r.now // of which nothing is known
	}
	e.unusable, err = r.unusable(ctx, w, e.dir)
	return e, err
}

// unusable tells why an entry can't serve.
func (r *run) unusable(ctx context.Context, w catalog.WorkerBinary, dir string) (string, error) {
	if w.Status.State != catalog.Available {
		return strings.TrimPrefix(w.Status.String(), string(catalog.Failed)+": "), nil
	}
	result := provisioner.Result{Worker: w}
	p, err := r.workers.ReadProvenance(w.ID)
	switch {
	case err == nil:
		result.Provenance = &p
	case !errors.Is(err, fs.ErrNotExist):
		return err.Error(), nil
	}
	problems, err := verify.Inspect(ctx, dir, result, provisioner.VerifySize)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return err.Error(), nil
	case len(problems) > 0:
		return "damaged: " + problems[0].String(), nil
	default:
		return "", nil
	}
}

// decide returns the entries of a group that the rules let go.
func (r *run) decide(ctx context.Context, g group, entries []*entry) []*entry {
	r.sort(ctx, g, entries)
	var kept, going []*entry
	for _, e := range entries {
		switch {
		case e.unusable != "":
		case len(kept) < r.keep():
			kept = append(kept, e)
		case r.isUsed(e):
		default:
			e.verdict = fmt.Sprintf("older than the %d newest", r.keep())
			if r.keep() == 0 {
				e.verdict = "none is to be kept"
			}
			going = append(going, e)
		}
	}
	for _, e := range entries {
		switch isOlder := slices.ContainsFunc(kept, func(k *entry) bool { return k.version.Compare(e.version) > 0 }); {
		case e.unusable == "" || isOlder && r.isUsed(e):
		case e.Status.State == catalog.Downloading:
			r.skip(e.item(), "another program is fetching it")
		case !isOlder:
			r.skip(e.item(), e.unusable+"; it stays until a newer one is installed")
		default:
			e.verdict = e.unusable
			going = append(going, e)
		}
	}
	return going
}

// isUsed reports whether an entry was used too recently to go.
func (r *run) isUsed(e *entry) bool { return r.UnusedFor > 0 && r.now.Sub(e.used) < r.UnusedFor }

// sort puts what serves now first, then the newest: of a source that is configured no more, even the newest serves nobody.
func (r *run) sort(ctx context.Context, g group, entries []*entry) {
	served, err := r.provisioner.Installed(ctx, provisioner.Request{Type: g.t, Platform: g.platform, Arch: g.arch})
	rank := func(e *entry) int {
		if err == nil && e.ID == served.Worker.ID {
			return 0
		}
		return 1
	}
	slices.SortFunc(entries, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), b.version.Compare(a.version), strings.Compare(a.ID, b.ID))
	})
}

func nameOf(dir string) string { return filepath.Base(dir) }
