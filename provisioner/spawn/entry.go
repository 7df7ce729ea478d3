package spawn

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// entry is an installed worker, which nobody takes away while it is leased.
type entry struct {
	worker     catalog.WorkerBinary
	provenance *catalog.Provenance // nil for an entry that another program made
	dir        string
	lease      *catalog.Lease // nil where none can be had
}

// openEntry leases an entry and reads its records. Where no lease can be had, as in a read-only catalog, warn is told,
// and the worker starts all the same.
func openEntry(c *catalog.WorkerCatalog, id string, warn func(string)) (*entry, error) {
	lease, err := c.Lease(id)
	if errors.Is(err, catalog.ErrNotFound) || errors.Is(err, catalog.ErrInvalidID) {
		return nil, err
	}
	if err != nil {
		warn(fmt.Sprintf("nothing keeps the entry from being removed while its worker runs: %v", err))
	}
	e := &entry{lease: lease}
	if err := e.read(c, id); err != nil {
		e.release()
		return nil, err
	}
	return e, nil
}

func (e *entry) read(c *catalog.WorkerCatalog, id string) error {
	var err error
	if e.dir, err = c.EntryDir(id); err != nil {
		return err
	}
	if e.worker, err = c.Get(id); err != nil {
		return err
	}
	if state := e.worker.Status; state.State != catalog.Available {
		return provisioner.Errorf(provisioner.NotFound, "entry %q is not available: %s", id, state)
	}
	if e.worker.Platform != catalog.Current() {
		return provisioner.Errorf(provisioner.UnsupportedPlatform, "entry %q is for %s", id, e.worker.Platform)
	}
	p, err := c.ReadProvenance(id)
	switch {
	case err == nil:
		e.provenance = &p
	case errors.Is(err, catalog.ErrNotFound) || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// executable is the absolute path of what to start. It is the entry's own file, which the lease keeps, even if the
// record names another that exists; only an entry that another program made may lead elsewhere.
func (e *entry) executable() string {
	if e.provenance == nil || e.provenance.Executable == "" {
		return e.worker.Path
	}
	return filepath.Join(e.dir, filepath.FromSlash(e.provenance.Executable))
}

// launch is the recorded launch template, or the original's.
func (e *entry) launch() catalog.Launch {
	if e.provenance == nil || e.provenance.Launch == nil {
		return catalog.DefaultLaunch()
	}
	return *e.provenance.Launch
}

// postsItself reports whether the worker posts its own heartbeats, as every worker of the original does.
func (e *entry) postsItself() (bool, error) {
	if e.provenance == nil {
		return true, nil
	}
	switch contract := provisioner.Contract(e.provenance.Contract); contract {
	case "", provisioner.ContractRbee:
		return true, nil
	case provisioner.ContractNone:
		return false, nil
	default:
		return false, fmt.Errorf("entry %q has the unknown contract %q", e.worker.ID, contract)
	}
}

// release ends our part of the lease.
func (e *entry) release() {
	if e.lease == nil {
		return
	}
	_ = e.lease.Release() // the lock has ended with the file, whatever comes of the file's name
}
