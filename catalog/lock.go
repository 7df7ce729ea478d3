package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rbee-keeper/provision/catalog/internal/filelock"
)

const lockPoll = 25 * time.Millisecond

// LockTimeout is how long Lock waits unless the options say otherwise. It is longer than any installation should take.
const LockTimeout = time.Hour

// Lock is the exclusive lock of one entry. It excludes other goroutines and other processes, and ends with its process.
// It guards files: memory that goroutines share needs a mutex of its own.
type Lock struct {
	id, folder string
	file       *filelock.File
	released   atomic.Bool
}

// LockedError reports that the lock of an entry was not free within the limit.
type LockedError struct {
	ID     string
	PID    int           // of the holder at the end of the wait; 0 if unknown
	Waited time.Duration // the limit
}

// Error names the entry and the holder of its lock.
func (e *LockedError) Error() string {
	return fmt.Sprintf("lock %q: gave up after %s; %s holds it", e.ID, e.Waited, describeHolder(e.PID))
}

// LockOptions are how to wait for the lock of an entry. The zero value waits for LockTimeout.
type LockOptions struct {
	Limit time.Duration // how long to wait; 0 means LockTimeout
	// OnWait, if set, is called once if the wait takes more than 5 s, with the holder of the lock, such as "process 1234".
	OnWait func(holder string)
}

// Lock waits until it holds the lock of an ID. After the limit it returns a *LockedError, and after the end of ctx an
// error that wraps that of ctx. Whoever takes the lock also moves an entry back that a crash left outside its place.
// The lock is not reentrant: Add, Remove and Touch take it too.
func (c *Filesystem[T]) Lock(ctx context.Context, id string, opts LockOptions) (*Lock, error) {
	limit := cmp.Or(opts.Limit, LockTimeout)
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	notice := time.NewTimer(c.waitNotice)
	defer notice.Stop()
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("lock %q: %w", id, err)
		}
		lock, ok, err := c.TryLock(id)
		if err != nil || ok {
			return lock, err
		}
		select {
		case <-ctx.Done():
		case <-poll.C:
		case <-notice.C:
			if opts.OnWait != nil {
				opts.OnWait(describeHolder(filelock.ReadPID(c.lockPath(c.folderOf(id)))))
			}
		case <-end.C:
			return nil, &LockedError{ID: id, PID: filelock.ReadPID(c.lockPath(c.folderOf(id))), Waited: limit}
		}
	}
}

// TryLock takes the lock of an ID. It returns false if somebody else holds it.
func (c *Filesystem[T]) TryLock(id string) (*Lock, bool, error) {
	folder, err := c.lookup(id)
	if err != nil {
		return nil, false, fmt.Errorf("lock: %w", err)
	}
	lock, err := c.tryLock(id, folder)
	if err != nil {
		return nil, false, fmt.Errorf("lock %q: %w", id, err)
	}
	return lock, lock != nil, nil
}

func (c *Filesystem[T]) lockPath(folder string) string {
	return filepath.Join(c.home, "locks", c.kind+"-"+lockName(folder)+".lock")
}

// lockName returns a folder's name for use in the names of lock and lease files. A foreign name may be so long that
// these would be too long for the file system: it is cut then, and made unique by its digest.
func lockName(folder string) string {
	if len(folder) <= maxIDLength {
		return folder
	}
	sum := sha256.Sum256([]byte(folder))
	return fmt.Sprintf("%s-%x", strings.ToValidUTF8(folder[:maxIDLength/2], ""), sum[:16])
}

// tryLock returns nil if somebody else holds the lock. It restores an entry that a crash left outside its place.
func (c *Filesystem[T]) tryLock(id, folder string) (*Lock, error) {
	file, err := filelock.TryLock(c.lockPath(folder))
	if err != nil || file == nil {
		return nil, err
	}
	file.WritePID()
	lock := &Lock{id: id, folder: folder, file: file}
	if err := c.recover(folder); err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return lock, nil
}

// guards returns an error unless l is held and is the lock of id, whose file is at path.
func (l *Lock) guards(path, id string) error {
	if l.file.Path() != path || l.id != id || l.released.Load() {
		return fmt.Errorf("lock of %q is not held", id)
	}
	return nil
}

// Release ends the lock and removes its file (on Windows the file stays). Calls after the first do nothing.
func (l *Lock) Release() error {
	if !l.released.CompareAndSwap(false, true) {
		return nil
	}
	if err := l.file.Unlock(); err != nil {
		return fmt.Errorf("release lock of %q: %w", l.id, err)
	}
	return nil
}

// describeHolder names the process with this ID, which holds a lock; 0 is an unknown one, perhaps this process itself.
func describeHolder(pid int) string {
	if pid == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d", pid)
}
