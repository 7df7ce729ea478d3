package catalog

import (
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog/internal/filelock"
)

// leaseMutexName is the file of the lease mutex, beside the files of the leases, whose names have no lower-case
// letters.
const leaseMutexName = "gate"

// withLeaseMutex runs do while it holds the lease mutex of an entry. Under it a lease is taken, or the entry is moved
// away after a look at its leases, so that a lease never loses its entry, not even for a moment. Unlike the entry's
// lock, it is held for moments only: do must not wait for anything.
func (c *Filesystem[T]) withLeaseMutex(folder string, do func() error) error {
	return filelock.With(filepath.Join(c.leaseDir(folder), leaseMutexName), do)
}

// unlessLeased runs move, which moves an entry away from its place, or returns a *LeasedError if a worker runs from it.
func (c *Filesystem[T]) unlessLeased(lock *Lock, move func() error) error {
	if err := c.leasedAfterWait(lock.id, lock.folder); err != nil { // any wait is over before the mutex is taken
		return err
	}
	return c.withLeaseMutex(lock.folder, func() error {
		if err := c.leased(lock.id, lock.folder); err != nil {
			return err
		}
		return move()
	})
}
