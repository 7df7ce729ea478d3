//go:build unix

package spawn

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// group is a process and all that it started, less what moved to a group of its own.
type group struct{ leader *os.Process }

// prepare makes cmd the leader of a new group, out of reach of the terminal's signals, and has it inherit files.
func prepare(cmd *exec.Cmd, files []*os.File) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.ExtraFiles = files
}

func newGroup(leader *os.Process) (group, error) { return group{leader}, nil }

// terminate asks the leader to end; how its children end is its own business.
func (g group) terminate() error { return g.leader.Signal(syscall.SIGTERM) }

// kill kills the group. The leader must not have been waited for: until then its number is not given to another
// process.
func (g group) kill() { _ = syscall.Kill(-g.leader.Pid, syscall.SIGKILL) }

// awaitEnd waits until nothing of a killed group lives, but no longer than limit.
func (g group) awaitEnd(limit time.Duration) {
	for pause := time.Millisecond; limit > 0; pause *= 2 {
		if syscall.Kill(-g.leader.Pid, 0) == syscall.ESRCH || !lives(g.leader.Pid) {
			return
		}
		time.Sleep(pause)
		limit -= pause
	}
}

// signalOf names the signal that ended a process; empty if none did.
func signalOf(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal().String()
	}
	return ""
}
