package process

import (
	"errors"

	"golang.org/x/sys/unix"
)

// AwaitExit waits until a child has ended, without reaping it: its number is not given to another process yet. waitid
// would also return for a child that is merely stopped.
func AwaitExit(pid int) error {
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
