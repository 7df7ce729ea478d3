package prune

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// group is the type and platform of some entries. The newest entries are counted in each group.
type group struct {
	t        catalog.WorkerType
	platform catalog.Platform
	arch     catalog.Arch
}

// compare orders groups, so that reports are the same every time.
func (g group) compare(other group) int {
	return cmp.Or(strings.Compare(string(g.t), string(other.t)),
		strings.Compare(string(g.platform), string(other.platform)),
		strings.Compare(string(g.arch), string(other.arch)))
}

// entry is an installed worker that the rules may remove.
type entry struct {
	catalog.WorkerBinary
	dir      string
	version  catalog.Version
	unusable string    // why it can't serve requests; empty if it can
	used     time.Time // the last time
	reason   string    // why it is removed
}

func (e *entry) group() group { return group{e.WorkerType, e.Platform, e.Arch()} }

func (e *entry) item() Item { return Item{Kind: Entry, Name: e.ID, Path: e.dir} }

// inspect finds out what the rules need to know of an entry.
func (r *run) inspect(ctx context.Context, w catalog.WorkerBinary) (*entry, error) {
	e := &entry{WorkerBinary: w}
	var err error
	if e.dir, err = r.workers.EntryDir(w.ID); err != nil {
		return nil, err
	}
	if v, err := catalog.ParseVersion(w.Version); err == nil { // otherwise it is the oldest
		e.version = v
	}
	if e.used, err = r.workers.LastUsed(w.ID); err != nil {
		e.used = r.now // it is unknown
	}
	e.unusable, err = r.unusable(ctx, w)
	return e, err
}

// unusable returns why an entry can't serve requests. It is empty if it can.
func (r *run) unusable(ctx context.Context, w catalog.WorkerBinary) (string, error) {
	if w.Status.State != catalog.Available {
		return strings.TrimPrefix(w.Status.String(), string(catalog.Failed)+": "), nil
	}
	e := r.workers.EntryOf(w)
	if e.Damage != nil {
		return e.Damage.Error(), nil
	}
	problems, err := verify.Inspect(ctx, e, provisioner.VerifySize)
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

// decide returns the entries of a group that the rules remove. Usable entries are removed if newer ones are enough;
// unusable ones only if a newer one is kept, because otherwise the same release would be installed again.
func (r *run) decide(ctx context.Context, g group, entries []*entry) []*entry {
	r.sort(ctx, g, entries)
	var kept, removed []*entry
	for _, e := range entries {
		switch {
		case e.unusable != "":
		case len(kept) < r.keep():
			kept = append(kept, e)
		case r.isUsed(e):
		default:
			e.reason = fmt.Sprintf("older than the %d newest", r.keep())
			if r.keep() == 0 {
				e.reason = "no entry is to be kept"
			}
			removed = append(removed, e)
		}
	}
	for _, e := range entries {
		switch isOlder := slices.ContainsFunc(kept, func(k *entry) bool { return k.version.Compare(e.version) > 0 }); {
		case e.unusable == "" || isOlder && r.isUsed(e):
		case e.Status.State == catalog.Downloading:
			r.report.skip(e.item(), "another program is fetching it")
		case !isOlder:
			r.report.skip(e.item(), e.unusable+"; it stays until a newer one is installed")
		default:
			e.reason = e.unusable
			removed = append(removed, e)
		}
	}
	return removed
}

// isUsed reports whether an entry was used too recently to be removed.
func (r *run) isUsed(e *entry) bool { return r.UnusedFor > 0 && r.now.Sub(e.used) < r.UnusedFor }

// sort puts the entry that serves requests now first, and then the newest ones. The newest entry may be of a source
// that is no longer configured, and then serves no request.
func (r *run) sort(ctx context.Context, g group, entries []*entry) {
	served, err := r.provisioner.Installed(ctx, provisioner.Request{Type: g.t, Platform: g.platform, Arch: g.arch})
	slices.SortFunc(entries, func(a, b *entry) int {
		switch {
		case err == nil && a.ID == served.Worker.ID:
			return -1
		case err == nil && b.ID == served.Worker.ID:
			return 1
		}
		return cmp.Or(b.version.Compare(a.version), strings.Compare(a.ID, b.ID))
	})
}
