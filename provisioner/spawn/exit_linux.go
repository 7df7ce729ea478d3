package spawn

import (
	"errors"

	"golang.org/x/sys/unix"
)

// awaitExit waits for the end of a child, and leaves it to be waited for: its number stays its own.
func awaitExit(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
