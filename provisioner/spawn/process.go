package spawn

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/rbee-keeper/provision/provisioner/process"
)

const (
	// drainTimeout is how long a killed tree may take to close its output; what left the group may hold it for ever.
	drainTimeout = time.Second
	// treeTimeout is how long a killed tree may take to go, once the worker itself has; a GPU's memory is not freed at
	// once.
	treeTimeout = 5 * time.Second
	// reapTimeout is how long a killed process may take to end; one in the middle of a system call can take its time.
	reapTimeout = 10 * time.Second
	// busyTimeout is how long a new executable may be open for writing: another process of ours that is just being started
	// may hold a copy of the file.
	busyTimeout = 250 * time.Millisecond
)

// child is a worker's process with everything that it started.
type child struct {
	cmd    *exec.Cmd
	group  process.Group
	exited chan struct{} // closed when the worker itself has ended
	gone   chan struct{} // closed when its tree is gone and its output is read

	mu     sync.Mutex
	closed bool // the group was killed for good; from now on its number may be another's
}

// command is what to start.
type command struct {
	path, dir string
	args, env []string
}

// startProcess starts a command that writes to out and inherits files.
func startProcess(c command, out io.Writer, inherited []*os.File) (*child, error) {
	cmd, err := startCommand(c, out, inherited)
	if err != nil {
		return nil, err
	}
	group, err := process.NewGroup(cmd.Process)
	if err != nil {
		return nil, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	p := &child{cmd: cmd, group: group, exited: make(chan struct{}), gone: make(chan struct{})}
	go p.watch()
	return p, nil
}

func startCommand(c command, out io.Writer, inherited []*os.File) (*exec.Cmd, error) {
	for pause := time.Millisecond; ; pause *= 2 {
		cmd := exec.Command(c.path, c.args...)
		cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = c.env, c.dir, out, out, drainTimeout
		process.Lead(cmd)
		if runtime.GOOS != "windows" { // a lease and a socket can't be inherited there
			cmd.ExtraFiles = inherited
		}
		err := cmd.Start()
		if !errors.Is(err, syscall.ETXTBSY) || pause > busyTimeout {
			return cmd, err
		}
		time.Sleep(pause)
	}
}

// watch waits for the worker's end, and then ends all that it started: while the worker was not waited for, if that can
// be.
func (p *child) watch() {
	err := process.AwaitExit(p.cmd.Process.Pid)
	if err == nil {
		p.close()
	}
	_ = p.cmd.Wait() // its state tells how it ended
	if err != nil {
		p.close()
	}
	p.group.AwaitEnd(treeTimeout)
	close(p.gone)
}

func (p *child) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.group.Kill()
	p.closed = true
	close(p.exited)
}

func (p *child) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// kill ends the tree and waits until it is gone.
func (p *child) kill() error {
	p.mu.Lock()
	if !p.closed {
		p.group.Kill()
	}
	p.mu.Unlock()
	select {
	case <-p.gone:
		return nil
	case <-time.After(reapTimeout):
		return fmt.Errorf("kill process %d: it still runs", p.cmd.Process.Pid)
	}
}
