package prune

import (
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Options are the rules of what may be removed. The zero value frees staging and the vendors' caches, and keeps all
// entries.
type Options struct {
	// Keep is how many of the newest usable entries of each type, platform and architecture are kept, whatever
	// UnusedFor is. Nil is 1 if UnusedFor is set; otherwise it keeps all entries. With 0, even the entry that serves
	// requests now may be removed.
	Keep *int
	// UnusedFor removes only entries that were not used for this time; 0 ignores their use. An entry that was never
	// used counts from the time when it was added.
	UnusedFor time.Duration
	// Types limits the rules to entries of these types. Staging and caches are then kept. Empty is all types.
	Types  []catalog.WorkerType
	DryRun bool // report what would be removed, and remove nothing
}

// removesEntries reports whether the rules can remove any entry.
func (o Options) removesEntries() bool { return o.Keep != nil || o.UnusedFor > 0 }

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
