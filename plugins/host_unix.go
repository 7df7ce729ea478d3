//go:build !windows

package plugins

import (
	"os"
	"syscall"
)

// hostPIDs are the numbers that this vendor's host may have: this process's parent, or that of the group's leader,
// where a script that the host started as leader starts this process.
func hostPIDs() []int {
	hosts := []int{os.Getppid()}
	if leader := syscall.Getpgrp(); leader != os.Getpid() {
		if host := parentOf(leader); host > 0 {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
