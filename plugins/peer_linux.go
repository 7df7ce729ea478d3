package plugins

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func peerOfSocket(fd int) (peer, error) {
	credentials, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return peer{}, err
	}
	return peer{int(credentials.Pid), int(credentials.Uid)}, nil
}

// parentOf is the number of a process's parent, or 0.
func parentOf(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	var state string
	var parent int
	// The name before it, in parentheses, may itself hold anything.
	if _, err := fmt.Sscan(string(stat[bytes.LastIndexByte(stat, ')')+1:]), &state, &parent); err != nil {
		return 0
	}
	return parent
}
