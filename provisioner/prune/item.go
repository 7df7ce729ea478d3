package prune

// ItemKind is what an Item is.
type ItemKind string

// The kinds of items.
const (
	Entry   ItemKind = "entry"   // an installed worker
	Staging ItemKind = "staging" // what a process that has ended was installing or deleting
	Cache   ItemKind = "cache"   // what a vendor keeps only to be faster
)

// Item is something that uses disk space.
type Item struct {
	Kind   ItemKind `json:"sort"`
	Name   string   `json:"name"`   // the entry's ID, or the name of the vendor
	Path   string   `json:"path"`   // absolute
	Bytes  int64    `json:"bytes"`  // of its files
	Reason string   `json:"reason"` // why it was removed or skipped
}

// Report lists what was removed, or in a dry run what would be.
type Report struct {
	DryRun  bool   `json:"dry_run"`
	Removed []Item `json:"removed"`
	// Skipped are items that the rules would remove, or that could not be checked. Their Reason says why they were
	// kept.
	Skipped []Item `json:"skipped"`
	Freed   int64  `json:"freed"` // bytes of all that was removed
}

func (r *Report) remove(i Item) {
	r.Removed = append(r.Removed, i)
	r.Freed += i.Bytes
}

func (r *Report) skip(i Item, reason string) {
	i.Reason = reason
	r.Skipped = append(r.Skipped, i)
}
