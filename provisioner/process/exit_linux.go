package process

import (
	"errors"

	"golang.org/x/sys/unix"
)

// AwaitExit waits until a child has ended, without reaping it: its number is not given to another process yet.
func AwaitExit(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
