package catalog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Lease keeps an entry where it is while a worker runs from it: Remove and Commit refuse with a *LeasedError. Any number of
// leases may be held on one entry.
//
// It is a lock on a file of its own. On Unix that lock belongs to the open file, which the worker inherits: it ends with the last
// process that has the file open, whatever happens to the program that started the worker. On Windows it ends with the program.
type Lease struct {
	id   string
	path string
	file *os.File // open and locked until Release
}

// maxToldPIDs bounds the text of a LeasedError.
const maxToldPIDs = 10

// LeasedError tells that an entry is in use.
type LeasedError struct {
	ID   string
	PIDs []int // of the workers, as far as they are known
}

// Error names the entry and who uses it.
func (e *LeasedError) Error() string {
	if len(e.PIDs) == 0 {
		return fmt.Sprintf("entry %q is in use by a running worker", e.ID)
	}
	pids := make([]string, min(len(e.PIDs), maxToldPIDs))
	for i := range pids {
		pids[i] = strconv.Itoa(e.PIDs[i])
	}
	list := strings.Join(pids, ", ")
	if more := len(e.PIDs) - len(pids); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("entry %q is in use by process %s", e.ID, list)
}

// Lease takes a lease on an entry, or returns ErrNotFound. What the entry held before the call may have been replaced since: read
// its record afterwards.
func (c *Filesystem[T]) Lease(id string) (*Lease, error) {
	folder, err := c.lookup(id)
	if err != nil {
		return nil, fmt.Errorf("lease: %w", err)
	}
	lease, err := c.lease(id, folder)
	if err != nil {
		return nil, fmt.Errorf("lease %q: %w", id, err)
	}
	return lease, nil
}

func (c *Filesystem[T]) lease(id, folder string) (lease *Lease, err error) {
	err = c.atGate(folder, func() (err error) {
		if !exists(c.entryDir(folder)) {
			return ErrNotFound
		}
		lease, err = takeLease(id, c.leaseDir(folder))
		return err
	})
	if err != nil && lease != nil {
		return nil, errors.Join(err, lease.Release())
	}
	return lease, err
}

func takeLease(id, dir string) (*Lease, error) {
	for {
		path := filepath.Join(dir, rand.Text())
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return nil, err
		}
		lease := &Lease{id: id, path: path, file: f}
		ok, err := lockFile(f)
		if err != nil {
			return nil, errors.Join(err, lease.Release())
		}
		if ok && exists(path) {
			return lease, nil
		}
		_ = lease.Release() // somebody takes it for a dead one's
	}
}

// File is what a worker has to inherit for the lease to live as long as it, on Unix; it stays open until Release.
func (l *Lease) File() *os.File { return l.file }

// Sign notes the worker's process ID, for those who are refused.
func (l *Lease) Sign(pid int) {
	_, _ = l.file.WriteAt([]byte(strconv.Itoa(pid)+"\n"), pidOffset)
}

// Release gives up this process's part of the lease. A worker that inherited it goes on holding it.
func (l *Lease) Release() error {
	if l.file == nil {
		return nil
	}
	// No process may be forked meanwhile: until it executes its program it would hold a copy of the open file.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	err := l.file.Close() // no explicit unlocking: that would end the worker's part too
	l.file = nil
	if err != nil {
		return fmt.Errorf("release lease of %q: %w", l.id, err)
	}
	removeIfFree(l.path)
	return nil
}

func (c *Filesystem[T]) leaseDir(folder string) string {
	return filepath.Join(c.home, "locks", "leases", c.kind+"-"+label(folder))
}

// sweepLeases removes what the leases of dead processes left.
func (c *Filesystem[T]) sweepLeases() error {
	home := filepath.Dir(c.leaseDir(""))
	folders, err := namesIn(home)
	errs := []error{err}
	for _, folder := range folders {
		if !strings.HasPrefix(folder, c.kind+"-") {
			continue
		}
		names, err := namesIn(filepath.Join(home, folder))
		errs = append(errs, err)
		for _, name := range names {
			removeIfFree(filepath.Join(home, folder, name))
		}
	}
	return errors.Join(errs...)
}

// leased returns a *LeasedError if a worker runs from the entry. It removes what the leases of dead ones left.
func (c *Filesystem[T]) leased(id, folder string) error {
	dir := c.leaseDir(folder)
	names, err := namesIn(dir)
	if err != nil {
		return err
	}
	isHeld := false
	e := &LeasedError{ID: id}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if name == gateName || !removeIfFree(path) {
			continue
		}
		isHeld = true
		if pid := signer(path); pid != 0 {
			e.PIDs = append(e.PIDs, pid)
		}
	}
	if !isHeld {
		return nil
	}
	slices.Sort(e.PIDs)
	return e
}

// copyTime bounds how long a lease that has ended may seem to be held: a program that its holder is just starting has, until it
// runs, a copy of all that the holder has open.
const copyTime = 100 * time.Millisecond

// leasedStill is leased, but looks again while all who are known to hold a lease are gone.
func (c *Filesystem[T]) leasedStill(id, folder string) error {
	for pause := time.Millisecond; ; pause *= 2 {
		err := c.leased(id, folder)
		e, ok := errors.AsType[*LeasedError](err)
		isHeld := ok && (len(e.PIDs) == 0 || slices.ContainsFunc(e.PIDs, func(pid int) bool { return !isGone(pid) }))
		if !ok || isHeld || pause > copyTime {
			return err
		}
		time.Sleep(pause)
	}
}

// Leased returns a *LeasedError if a worker runs from the entry of an ID.
func (c *Filesystem[T]) Leased(id string) error {
	folder, err := c.lookup(id)
	if err != nil {
		return nil // what can't be an entry is in nobody's use
	}
	return c.leasedStill(id, folder)
}
