//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Group is a process and everything that it started, except what moved to a group of its own. On Unix it is a process
// group, on Windows a job object. The zero Group contains nothing and must not be signalled.
type Group struct{ leader *os.Process }

// Lead makes cmd, which is not started yet, the leader of a new group, so that the terminal's signals do not reach it.
func Lead(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// NewGroup returns the group of a started process that Lead prepared.
func NewGroup(leader *os.Process) (Group, error) { return Group{leader}, nil }

// Terminate sends SIGTERM to the leader alone, which ends its children itself; on Windows it sends Ctrl-Break.
func (g Group) Terminate() error { return g.leader.Signal(syscall.SIGTERM) }

// Kill kills the group. The leader must not have been waited for: until then its number is not given to another
// process.
func (g Group) Kill() { _ = killGroup(g.leader.Pid) }

func killGroup(leader int) error { return syscall.Kill(-leader, syscall.SIGKILL) }

// AwaitEnd waits until nothing of a killed group runs, but at most for limit. The Group can't be used afterwards.
func (g Group) AwaitEnd(limit time.Duration) {
	for pause := time.Millisecond; limit > 0; pause *= 2 {
		if syscall.Kill(-g.leader.Pid, 0) == syscall.ESRCH || !isAlive(g.leader.Pid) {
			return
		}
		time.Sleep(pause)
		limit -= pause
	}
}

// Contains reports whether a process belongs to the group. On Windows it returns false.
func (g Group) Contains(pid int) bool {
	if g.leader == nil || pid <= 0 {
		return false
	}
	leader, err := syscall.Getpgid(pid)
	return err == nil && leader == g.leader.Pid
}

// Confine makes the end of cmd's context kill everything that cmd started. It is called before the start.
func Confine(cmd *exec.Cmd) {
	Lead(cmd)
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
}

// ExitGroup ends the calling process with exit code 1 and, if the process leads a group, kills the group.
func ExitGroup() {
	if pid := os.Getpid(); syscall.Getpgrp() == pid {
		_ = killGroup(pid)
	}
	os.Exit(1)
}

// Signal returns the name of the signal that ended a process, such as "killed"; empty if none did.
func Signal(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal().String()
	}
	return ""
}
