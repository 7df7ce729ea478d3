//go:build unix

package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// share marks an executable as in use for as long as f, or a copy that a process inherited, is open. It reports false
// if the executable is about to be deleted. A file system without such locks does without.
func share(f *os.File) bool {
	return !errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// claim reports whether nobody uses an executable, and keeps others from doing so until f is closed.
func claim(f *os.File) bool { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil }
