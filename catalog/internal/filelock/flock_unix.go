//go:build unix

package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// IsGone reports whether no process has this ID.
func IsGone(pid int) bool { return errors.Is(unix.Kill(pid, 0), unix.ESRCH) }

// lockOpen locks a file that we opened ourselves, which gofrs/flock can't do, for as long as it, or a copy that a child
// process inherited, is open (flock(2)). It returns false if somebody else has locked it.
func lockOpen(f *os.File) (bool, error) {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
