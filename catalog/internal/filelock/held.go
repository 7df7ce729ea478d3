package filelock

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Create creates a locked file with a random name in dir. Its lock ends when the file, and every copy that a child
// process inherited, is closed; Close does that for this process.
func Create(dir string) (*os.File, error) {
	for {
		f, err := os.OpenFile(filepath.Join(dir, rand.Text()), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return nil, err
		}
		ok, err := lockOpen(f)
		if err != nil {
			return nil, errors.Join(err, Close(f))
		}
		if _, statErr := os.Lstat(f.Name()); ok && statErr == nil {
			return f, nil
		}
		_ = Close(f) // somebody took it for the file of a dead process
	}
}

// Close ends this process's part of the lock of a file that Create returned, and deletes the file if nobody else holds
// it.
func Close(f *os.File) error {
	// No process may be forked meanwhile: until it executes its program it has a copy of the open file.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	err := f.Close() // no explicit unlocking: that would end the part of a child too
	if err != nil {
		return err
	}
	RemoveIfFree(f.Name())
	return nil
}

// RemoveIfFree deletes the file at path, and its folder if it was the last one there, unless somebody has locked the
// file: then it returns true.
func RemoveIfFree(path string) (held bool) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	ok, err := lockOpen(f)
	if err != nil || !ok {
		return true
	}
	if isAt(path, f) { // otherwise it was replaced since it was opened, and the new file may be held
		_ = os.Remove(path) // on Windows an open file stays, but is free
	}
	_ = os.Remove(filepath.Dir(path)) // only if it is empty
	return false
}

// mutexTimeout bounds the wait in With: its holder may have been stopped.
const mutexTimeout = 10 * time.Second

// With runs do while it holds the lock of the file at path. It waits for others; do must not wait for anything. The
// folder of the file is removed if it is empty afterwards.
func With(path string, do func() error) error {
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		file, err := TryLock(path)
		switch {
		case err != nil:
			return err
		case file != nil:
			err = errors.Join(do(), file.Unlock())
			_ = os.Remove(filepath.Dir(path))
			return err
		case time.Since(start) > mutexTimeout:
			return fmt.Errorf("%s has been locked for %s", path, mutexTimeout)
		}
	}
}
