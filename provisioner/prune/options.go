package prune

import (
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Options tell what may go. The zero value frees staging and the vendors' caches, and leaves all entries.
type Options struct {
	// Keep is how many of the newest usable entries of each type, platform and architecture stay, whatever UnusedFor says. Nil is 1
	// if UnusedFor is set, and else lets no entry go. 0 lets also go what a request is served with now.
	Keep *int
	// UnusedFor lets only entries go that were not used for so long; 0 does not ask. One that never was counts from when it was
	// added.
	UnusedFor time.Duration
	// Types are the only ones whose entries may go; staging and caches then stay. Empty is all.
	Types  []catalog.WorkerType
	DryRun bool // tell what would go, and delete nothing
}

// touchesEntries reports whether entries may go at all.
func (o Options) touchesEntries() bool { return o.Keep != nil || o.UnusedFor > 0 }

func (o Options) keep() int {
	if o.Keep == nil {
		return 1
	}
	return *o.Keep
}

func (o Options) validate() error {
	if o.Keep != nil && *o.Keep < 0 {
		return provisioner.Errorf(provisioner.InvalidConfig, "%d entries can't be kept", *o.Keep)
	}
	if o.UnusedFor < 0 {
		return provisioner.Errorf(provisioner.InvalidConfig, "the time %s is negative", o.UnusedFor)
	}
	return nil
}

// Sort is what an Item is.
type Sort string

// The sorts of items.
const (
	Entry   Sort = "entry"   // an installed worker
	Staging Sort = "staging" // what a process that has ended was about to install, or to delete
	Cache   Sort = "cache"   // what a vendor keeps to be faster
)

// Item is something that takes room.
type Item struct {
	Sort   Sort   `json:"sort"`
	Name   string `json:"name"`  // the entry's ID, or the vendor
	Path   string `json:"path"`  // absolute
	Bytes  int64  `json:"bytes"` // of its files
	Reason string `json:"reason"`
}

// Report tells what went, or in a dry run what would.
type Report struct {
	DryRun  bool   `json:"dry_run"`
	Removed []Item `json:"removed"`
	// Skipped are those that would have gone by the rules, or of which that can't be told, but for their Reason.
	Skipped []Item `json:"skipped"`
	Freed   int64  `json:"freed"` // bytes of all that was removed
}

func (r *Report) remove(i Item) {
	r.Removed = append(r.Removed, i)
	r.Freed += i.Bytes
}
