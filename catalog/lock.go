package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
)

const lockPoll = 25 * time.Millisecond

// Lock is the exclusive lock of one entry. It excludes other goroutines and other processes, and ends with its process. What
// it guards is files: memory that goroutines share needs a mutex of its own.
type Lock struct {
	id, folder, path string
	file             *flock.Flock
	released         atomic.Bool
}

// Lock waits until it holds the lock of an ID, or ctx is done. onWait, if not nil, is called once if that takes long, with
// the holder, such as "process 1234". The lock is not reentrant: Add, Remove and Touch take it too.
func (c *Filesystem[T]) Lock(ctx context.Context, id string, onWait func(holder string)) (*Lock, error) {
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	notice := time.NewTimer(c.waitNotice)
	defer notice.Stop()
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
				onWait(holder(c.lockPath(c.folderOf(id))))
			}
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
	return filepath.Join(c.home, "locks", c.kind+"-"+folder+".lock")
}

// tryLock returns nil if another holds the lock. The taker sets right what a crash left of the entry.
func (c *Filesystem[T]) tryLock(id, folder string) (*Lock, error) {
	path := c.lockPath(folder)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	for {
		// A Flock of its own for each try: flock(2) belongs to an open file, so it excludes the goroutines of one process too.
		lock := &Lock{id: id, folder: folder, path: path, file: flock.New(path)}
		ok, err := lock.file.TryLock()
		if err != nil || !ok {
			return nil, err
		}
		if !lock.isCurrent() { // its last holder removed the file between our opening and locking it
			if err := lock.file.Unlock(); err != nil {
				return nil, err
			}
			continue
		}
		lock.sign()
		if err := c.recover(folder); err != nil {
			return nil, errors.Join(err, lock.Release())
		}
		return lock, nil
	}
}

// isCurrent reports whether the locked file is the one that others find at its path.
func (l *Lock) isCurrent() bool {
	ours, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(l.path)
	return err == nil && os.SameFile(ours, there)
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
	var err error
	if l.isCurrent() {
		err = os.Remove(l.path) // while locked, so that nobody else's is removed
	}
	if runtime.GOOS == "windows" || errors.Is(err, fs.ErrNotExist) {
		err = nil // Windows removes no open file
	}
	if err = errors.Join(err, l.file.Unlock()); err != nil {
		return fmt.Errorf("release lock of %q: %w", l.id, err)
	}
	return nil
}

// pidOffset leaves out the first byte: Windows forbids others to read what is locked, and that is this byte.
const pidOffset = 1

// sign writes who holds the lock into its file, for those who wait; a failure costs them only that.
func (l *Lock) sign() {
	f, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), pidOffset)
}

// holder tells who signed a lock file.
func holder(path string) string {
	if pid, ok := signer(path); ok {
		return fmt.Sprintf("process %d", pid)
	}
	return "another process"
}

// signer reads the process ID that a lock's file was signed with.
func signer(path string) (pid int, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	buf := make([]byte, 32)
	n, _ := f.ReadAt(buf, pidOffset)
	text, _, _ := strings.Cut(string(buf[:n]), "\n")
	pid, err = strconv.Atoi(text)
	return pid, err == nil
}
