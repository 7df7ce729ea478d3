//go:build !windows

package plugins

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// group is a process and all that it started, less what moved to a group of its own.
type group struct{ leader int }

// leadGroup makes cmd the leader of a new group, out of reach of the terminal's signals.
func leadGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func newGroup(leader *os.Process) (group, error) { return group{leader.Pid}, nil }

// kill kills the group. The leader must not have been waited for: until then its number is not given to another
// process.
func (g group) kill() {
	if g.leader > 0 {
		_ = syscall.Kill(-g.leader, syscall.SIGKILL)
	}
}

// holds reports whether a process is of the group.
func (g group) holds(pid int) bool {
	of, err := syscall.Getpgid(pid)
	return err == nil && pid > 0 && g.leader > 0 && of == g.leader
}

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

// awaitEnd waits until nothing of a killed group is left, but no longer than limit: a zombie that nobody waits for
// stays.
func (g group) awaitEnd(limit time.Duration) {
	for pause := time.Millisecond; limit > 0 && g.leader > 0; pause *= 2 {
		if syscall.Kill(-g.leader, 0) == syscall.ESRCH {
			return
		}
		time.Sleep(pause)
		limit -= pause
	}
}

// endGroup ends this process and, if it leads one, its group.
func endGroup() {
	if pid := os.Getpid(); syscall.Getpgrp() == pid {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
	os.Exit(1)
}
