package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/catalog/internal/filelock"
)

// A Lease keeps an entry in place while a worker runs from it: Remove and Commit return a *LeasedError. An entry may
// have any number of leases.
//
// It is a lock on a file of its own. On Unix the worker inherits it, so that the lease ends with the last process that
// has the file open, whatever happens to the program that started the worker. On Windows it ends with that program.
type Lease struct {
	id   string
	file *os.File // open and locked; nil after Release
}

// maxListedPIDs bounds the length of a LeasedError.
const maxListedPIDs = 10

// LeasedError reports that an entry is in use.
type LeasedError struct {
	ID   string
	PIDs []int // of the workers, if known
}

// Error names the entry and the processes that use it.
func (e *LeasedError) Error() string {
	if len(e.PIDs) == 0 {
		return fmt.Sprintf("entry %q is in use by a running worker", e.ID)
	}
	pids := make([]string, min(len(e.PIDs), maxListedPIDs))
	for i := range pids {
		pids[i] = strconv.Itoa(e.PIDs[i])
	}
	list := strings.Join(pids, ", ")
	if more := len(e.PIDs) - len(pids); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("entry %q is in use by process %s", e.ID, list)
}

// Lease takes a lease on an entry, or returns ErrNotFound. Read the entry's record after the call: it may have been
// replaced just before.
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
	err = c.withLeaseMutex(folder, func() error {
		if !files.Exists(c.entryDir(folder)) {
			return ErrNotFound
		}
		file, err := filelock.Create(c.leaseDir(folder))
		if err == nil {
			lease = &Lease{id: id, file: file}
		}
		return err
	})
	if err != nil && lease != nil {
		return nil, errors.Join(err, lease.Release())
	}
	return lease, err
}

// File returns the file that a worker must inherit so that, on Unix, the lease lasts as long as the worker. It stays
// open until Release.
func (l *Lease) File() *os.File { return l.file }

// Sign records the worker's process ID for LeasedError.
func (l *Lease) Sign(pid int) {
	filelock.WritePID(l.file, pid)
}

// Release ends this process's part of the lease. A worker that inherited it keeps holding it.
func (l *Lease) Release() error {
	if l.file == nil {
		return nil
	}
	err := filelock.Close(l.file)
	l.file = nil
	if err != nil {
		return fmt.Errorf("release lease of %q: %w", l.id, err)
	}
	return nil
}

func (c *Filesystem[T]) leaseDir(folder string) string {
	return filepath.Join(c.home, "locks", "leases", c.kind+"-"+lockName(folder))
}

// sweepLeases removes the files of dead processes' leases.
func (c *Filesystem[T]) sweepLeases() error {
	home := filepath.Dir(c.leaseDir(""))
	folders, err := files.Names(home)
	errs := []error{err}
	for _, folder := range folders {
		if !strings.HasPrefix(folder, c.kind+"-") {
			continue
		}
		names, err := files.Names(filepath.Join(home, folder))
		errs = append(errs, err)
		for _, name := range names {
			filelock.RemoveIfFree(filepath.Join(home, folder, name))
		}
	}
	return errors.Join(errs...)
}

// leased returns a *LeasedError if a worker runs from the entry. It removes the files of dead processes' leases.
func (c *Filesystem[T]) leased(id, folder string) error {
	dir := c.leaseDir(folder)
	names, err := files.Names(dir)
	if err != nil {
		return err
	}
	isHeld := false
	e := &LeasedError{ID: id}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if name == leaseMutexName || !filelock.RemoveIfFree(path) {
			continue
		}
		isHeld = true
		if pid := filelock.ReadPID(path); pid != 0 {
			e.PIDs = append(e.PIDs, pid)
		}
	}
	if !isHeld {
		return nil
	}
	slices.Sort(e.PIDs)
	return e
}

// copyTime is how long a released lease may still look held: a child between fork and exec has a copy of the
// descriptor.
const copyTime = 100 * time.Millisecond

// leasedAfterWait is leased, but waits up to copyTime if all known holders of a lease have ended.
func (c *Filesystem[T]) leasedAfterWait(id, folder string) error {
	for pause := time.Millisecond; ; pause *= 2 {
		err := c.leased(id, folder)
		e, ok := errors.AsType[*LeasedError](err)
		isHeld := ok && (len(e.PIDs) == 0 || slices.ContainsFunc(e.PIDs, func(pid int) bool { return !filelock.IsGone(pid) }))
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
		return nil // nobody uses what can't be an entry
	}
	return c.leasedAfterWait(id, folder)
}
