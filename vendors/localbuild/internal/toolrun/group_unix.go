//go:build unix

package toolrun

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

const (
	niceness = 10               // of what is built, so that a worker that serves meanwhile hardly notices
	endTime  = 10 * time.Second // for killed processes to be gone; one in the middle of a system call can take its time
)

// group is a command with all that it started.
type group struct {
	leader *os.Process
	own    bool // it has a process group of its own
	mark   string
}

// confine gives cmd a process group of its own, unless this process leads one, as a plugin does: its host kills that
// group, also when this process is stuck or gone, and what had left it would live on.
func confine(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: syscall.Getpgrp() != os.Getpid()}
}

func newGroup(leader *os.Process, mark string) group {
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, leader.Pid, niceness) // what it starts from now on inherits it
	return group{leader: leader, own: syscall.Getpgrp() != os.Getpid(), mark: mark}
}

// end kills what runs of the group, and returns when it is gone.
func (g group) end() {
	if g.own {
		_ = syscall.Kill(-g.leader.Pid, syscall.SIGKILL)
	}
	_ = g.leader.Kill() // if it still runs
	deadline := time.Now().Add(endTime)
	for pause := time.Millisecond; time.Now().Before(deadline); pause = min(2*pause, 50*time.Millisecond) {
		left := g.members()
		if len(left) == 0 {
			return
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(pause)
	}
}

// process is what a system tells of one.
type process struct {
	pid, parent, group int
	isDead             bool // a zombie
	isMarked           bool // its environment has the mark; only Linux tells
}

// members lists the processes of the group that live. In a process group that is this process's too, they are those
// that come from the leader: what a pipeline in a terminal holds beside this process is none of theirs.
func (g group) members() []int {
	all := processes(g.mark)
	var found []int
	for _, p := range all {
		if !p.isDead && p.pid != os.Getpid() && g.holds(p, all) {
			found = append(found, p.pid)
		}
	}
	return found
}

func (g group) holds(p process, all []process) bool {
	switch {
	case p.isMarked:
		return true
	case g.own:
		return p.group == g.leader.Pid
	default:
		isOrphan := p.parent == 1 && p.pid > g.leader.Pid
		return p.group == syscall.Getpgrp() && (isOrphan || descends(p, g.leader.Pid, all))
	}
}

// descends reports whether p is below the process with the number ancestor.
func descends(p process, ancestor int, all []process) bool {
	for range all { // no further than a tree of them can be deep
		if p.parent == ancestor {
			return true
		}
		i := slices.IndexFunc(all, func(q process) bool { return q.pid == p.parent })
		if i < 0 {
			return false
		}
		p = all[i]
	}
	return false
}
