package spawn

import (
	"errors"

	"golang.org/x/sys/unix"
)

// awaitExit waits for the end of a child, and leaves it to be waited for: its number stays its own. waitid would also
// return for a child that is merely stopped.
func awaitExit(pid int) error {
	queue, err := unix.Kqueue()
	if err != nil {
		return err
	}
	defer unix.Close(queue)
	var change unix.Kevent_t
	unix.SetKevent(&change, pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	change.Fflags = unix.NOTE_EXIT
	changes := []unix.Kevent_t{change}
	for {
		n, err := unix.Kevent(queue, changes, make([]unix.Kevent_t, 1), nil)
		switch {
		case errors.Is(err, unix.EINTR): // asking anew for the same changes nothing
		case errors.Is(err, unix.ESRCH): // it is a zombie already
			return nil
		case err != nil || n > 0:
			return err
		}
	}
}
