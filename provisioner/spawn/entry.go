package spawn

import (
	"errors"
	"fmt"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// leasedEntry is an installed worker that can't be removed while it is leased.
type leasedEntry struct {
	catalog.Entry
	lease *catalog.Lease // nil if none could be taken
}

// openEntry leases an entry and reads its records. If no lease can be taken, for example in a read-only catalog, it
// calls warn, and the worker starts nevertheless.
func openEntry(c *catalog.WorkerCatalog, id string, warn func(string)) (*leasedEntry, error) {
	lease, err := c.Lease(id)
	if errors.Is(err, catalog.ErrNotFound) || errors.Is(err, catalog.ErrInvalidID) {
		return nil, err
	}
	if err != nil {
		warn(fmt.Sprintf("nothing keeps the entry from being removed while its worker runs: %v", err))
	}
	e := &leasedEntry{lease: lease}
	if err := e.read(c, id); err != nil {
		e.release()
		return nil, err
	}
	return e, nil
}

func (e *leasedEntry) read(c *catalog.WorkerCatalog, id string) (err error) {
	if e.Entry, err = c.Entry(id); err != nil {
		return err
	}
	if state := e.Worker.Status; state.State != catalog.Available {
		return provisioner.Errorf(provisioner.NotFound, "entry %q is not available: %s", id, state)
	}
	if e.Worker.Platform != catalog.Current() {
		return provisioner.Errorf(provisioner.UnsupportedPlatform, "entry %q is for %s", id, e.Worker.Platform)
	}
	return e.Damage
}

// launch returns the recorded launch template, or that of the Rust hive.
func (e *leasedEntry) launch() catalog.Launch {
	if e.Provenance == nil || e.Provenance.Launch == nil {
		return catalog.DefaultLaunch()
	}
	return *e.Provenance.Launch
}

// postsItself reports whether the worker posts its own heartbeats, as every worker of the Rust hive does.
func (e *leasedEntry) postsItself() (bool, error) {
	if e.Provenance == nil {
		return true, nil
	}
	switch contract := provisioner.Contract(e.Provenance.Contract); contract {
	case "", provisioner.ContractRbee:
		return true, nil
	case provisioner.ContractNone:
		return false, nil
	default:
		return false, fmt.Errorf("entry %q has the unknown contract %q", e.Worker.ID, contract)
	}
}

// release ends this process's part of the lease.
func (e *leasedEntry) release() {
	if e.lease == nil {
		return
	}
	_ = e.lease.Release() // the lock ends with the open file, even if the file can't be deleted
}
