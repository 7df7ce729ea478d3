package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// gateName is of the gate's file, beside those of the leases, whose names have no lower case.
const gateName = "gate"

// gateTimeout bounds the wait for a gate, whose holder may have been stopped.
const gateTimeout = 10 * time.Second

// atGate runs do while it holds the gate of an entry, at which either a lease on it is taken, or it is taken away from its place
// after a look at its leases: so nobody loses what he leases, not even for a moment. Unlike the entry's lock, a gate is held for
// moments only: do waits for nothing.
func (c *Filesystem[T]) atGate(folder string, do func() error) error {
	path := filepath.Join(c.leaseDir(folder), gateName)
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		file, err := tryLockFile(path)
		switch {
		case err != nil:
			return err
		case file != nil:
			err = errors.Join(do(), file.unlock())
			_ = os.Remove(filepath.Dir(path)) // if no lease is left
			return err
		case time.Since(start) > gateTimeout:
			return fmt.Errorf("%s is locked since %s", path, gateTimeout)
		}
	}
}

// unlessLeased runs take, which takes an entry away from its place, or returns a *LeasedError if a worker runs from it.
func (c *Filesystem[T]) unlessLeased(lock *Lock, take func() error) error {
	if err := c.leasedStill(lock.id, lock.folder); err != nil { // what has to be waited for is, ahead of the gate
		return err
	}
	return c.atGate(lock.folder, func() error {
		if err := c.leased(lock.id, lock.folder); err != nil {
			return err
		}
		return take()
	})
}
