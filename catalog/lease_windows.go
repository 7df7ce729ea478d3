package catalog

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// isGone reports whether there is no process of this number: here a lease ends with its holder, and nobody has a copy.
func isGone(int) bool { return false }

// lockFile locks the first byte of an open file until its handle is closed: LockFileEx. It reports false if another has it.
func lockFile(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
		&windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}
