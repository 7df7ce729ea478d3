package catalog

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

const lockPoll = 25 * time.Millisecond

// LockTimeout is how long Lock waits: longer than anything that a holder does without a sign of life.
const LockTimeout = time.Hour

// Lock is the exclusive lock of one entry. It excludes other goroutines and other processes, and ends with its process. What
// it guards is files: memory that goroutines share needs a mutex of its own.
type Lock struct {
	id, folder string
	*lockedFile
	released atomic.Bool
}

// LockedError tells that others held the lock of an entry for as long as was waited for it.
type LockedError struct {
	ID     string
	PID    int           // of the holder; 0 if it is not known
	Waited time.Duration // in vain
}

// Error names the entry and the holder of its lock.
func (e *LockedError) Error() string {
	return fmt.Sprintf("lock %q: %s holds it, and did so for %s", e.ID, describeHolder(e.PID), e.Waited)
}

// Lock waits until it holds the lock of an ID, or ctx is done, or for LockTimeout: then it returns a *LockedError. onWait, if not
// nil, is called once if that takes long, with the holder, such as "process 1234". The lock is not reentrant: Add, Remove and
// Touch take it too.
func (c *Filesystem[T]) Lock(ctx context.Context, id string, onWait func(holder string)) (*Lock, error) {
	return c.LockWithin(ctx, id, LockTimeout, onWait)
}

// LockWithin is Lock with a limit of its own.
func (c *Filesystem[T]) LockWithin(ctx context.Context, id string, limit time.Duration, onWait func(holder string)) (*Lock, error) {
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
			if onWait != nil {
				onWait(describeHolder(signer(c.lockPath(c.folderOf(id)))))
			}
		case <-end.C:
			return nil, &LockedError{ID: id, PID: signer(c.lockPath(c.folderOf(id))), Waited: limit}
		}
	}
}

// TryLock takes the lock of an ID unless another holds it; then it returns false.
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
	return filepath.Join(c.home, "locks", c.kind+"-"+label(folder)+".lock")
}

// label names a folder in the names of other files, which it makes too long for a file system if it is foreign and nearly so
// itself: then it is cut, and told apart by its digest.
func label(folder string) string {
	if len(folder) <= maxIDLength {
		return folder
	}
	sum := sha256.Sum256([]byte(folder))
	return fmt.Sprintf("%s-%x", strings.ToValidUTF8(folder[:maxIDLength/2], ""), sum[:16])
}

// tryLock returns nil if another holds the lock. The taker sets right what a crash left of the entry.
func (c *Filesystem[T]) tryLock(id, folder string) (*Lock, error) {
	file, err := tryLockFile(c.lockPath(folder))
	if err != nil || file == nil {
		return nil, err
	}
	file.sign()
	lock := &Lock{id: id, folder: folder, lockedFile: file}
	if err := c.recover(folder); err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return lock, nil
}

// guards returns an error unless l is held and is the lock of an ID.
func (l *Lock) guards(path, id string) error {
	if l.path != path || l.id != id || l.released.Load() {
		return fmt.Errorf("lock of %q is not held", id)
	}
	return nil
}

// Release ends the lock and removes its file. Only the first call does anything.
func (l *Lock) Release() error {
	if !l.released.CompareAndSwap(false, true) {
		return nil
	}
	if err := l.unlock(); err != nil {
		return fmt.Errorf("release lock of %q: %w", l.id, err)
	}
	return nil
}

// describeHolder names the process that a lock was signed by; 0 is an unknown one.
func describeHolder(pid int) string {
	if pid == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d", pid)
}
