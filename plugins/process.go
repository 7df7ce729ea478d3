package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"

	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/provisioner/process"
)

const (
	// drainTimeout is how long a killed group may take to close its pipes; what left the group may hold them for ever.
	drainTimeout = 200 * time.Millisecond
	// reapTimeout is how long a killed process may take to end; one in the middle of a system call can take its time.
	reapTimeout = 5 * time.Second
)

var errKilled = errors.New("it was killed before it was started")

// vendorProcess runs a vendor's executable as the leader of a process group. go-plugin starts it and reads its output;
// only kill waits for it, since the group may be killed only as long as its leader was not waited for.
type vendorProcess struct {
	cmd       *exec.Cmd
	rules     sandbox.Rules
	sockets   string // the folder of its socket; set by go-plugin
	socket    vendorConn
	stdinPipe io.Closer
	stdout    *stdoutReader
	stderr    *stderrReader

	mu      sync.Mutex // of the next four
	started bool
	refused bool // kill was called
	group   process.Group
	limits  sandbox.Report

	once     sync.Once     // of kill, which sets the next three
	dead     chan struct{} // closed when kill is through
	endedOut bool          // its output had ended before it was killed
	survived error
}

var _ runner.Runner = (*vendorProcess)(nil)

// newProcess prepares a vendor's process with folders of its own: for its socket and its work, and for temporary files.
func newProcess(command Command, folder, temp string) *vendorProcess {
	dir := command.Dir
	if dir == "" {
		dir = filepath.Join(folder, workFolder)
	}
	cmd := &exec.Cmd{Path: command.Path, Args: append([]string{command.Path}, command.Args...), Dir: dir,
		Env: slices.Concat([]string{"TMPDIR=" + temp, "TMP=" + temp, "TEMP=" + temp}, command.Env)}
	rules := command.Sandbox
	rules.Write = append(slices.Clone(rules.Write), folder, temp)
	process.Lead(cmd)
	if command.File != nil {
		executeFile(cmd, command.File)
	}
	return &vendorProcess{
		cmd:    cmd,
		rules:  rules,
		stdout: &stdoutReader{end: newEnd(), rest: output{command.Stdout}},
		stderr: &stderrReader{end: newEnd(), tail: &tail{copy: command.Stderr}},
		dead:   make(chan struct{}),
	}
}

// Start starts the process with pipes for its standard streams.
func (p *vendorProcess) Start(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused {
		return errKilled
	}
	var errs [3]error
	p.stdinPipe, errs[0] = p.cmd.StdinPipe()
	p.stdout.ReadCloser, errs[1] = p.cmd.StdoutPipe()
	p.stderr.ReadCloser, errs[2] = p.cmd.StderrPipe()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	limits, err := sandbox.Start(p.cmd, p.rules, p.dead)
	p.limits = limits
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			e.Path = p.Name()
		}
		return err
	}
	group, err := process.NewGroup(p.cmd.Process)
	if err != nil {
		close(p.dead)
		return errors.Join(err, p.cmd.Process.Kill(), p.cmd.Wait())
	}
	p.group, p.started = group, true
	return nil
}

// kill ends the group, waits for its leader and closes the pipes. It returns soon, whatever the group does.
func (p *vendorProcess) kill() {
	p.mu.Lock()
	p.refused = true
	started, group := p.started, p.group
	p.mu.Unlock()
	if !started {
		return
	}
	p.once.Do(func() {
		p.endedOut = p.awaitOutput(0)
		group.Kill()
		p.awaitOutput(drainTimeout)
		reaped := make(chan struct{})
		go func() {
			_ = p.cmd.Wait() // its error is the exit status
			close(reaped)
		}()
		select {
		case <-reaped:
			group.AwaitEnd(drainTimeout)
		case <-time.After(reapTimeout):
			group.AwaitEnd(0)
			p.survived = fmt.Errorf("kill process %d: it still runs", p.cmd.Process.Pid)
		}
		close(p.dead)
	})
}

// awaitOutput waits until stdout and stderr have ended, which they do when the process does, but no longer than limit.
func (p *vendorProcess) awaitOutput(limit time.Duration) bool {
	timeout := time.After(limit)
	for _, reached := range []chan struct{}{p.stdout.reached, p.stderr.reached} {
		select {
		case <-reached:
			continue
		default:
		}
		select {
		case <-reached:
		case <-timeout:
			return false
		}
	}
	return true
}

// fate tells how a process that kill has dealt with came to its end, and whether that was by itself.
func (p *vendorProcess) fate() (text string, own bool) {
	if p.survived != nil || p.cmd.ProcessState == nil {
		return "it was killed", false
	}
	how := p.cmd.ProcessState.String()
	if !p.endedOut && how == "signal: killed" {
		return "it was killed", false
	}
	return "it ended with " + how, true
}

// Wait returns when the process was killed. go-plugin calls it at the end of stdout and stderr.
func (p *vendorProcess) Wait(context.Context) error {
	<-p.dead
	return nil
}

// Kill is for go-plugin.
func (p *vendorProcess) Kill(context.Context) error {
	p.kill()
	return nil
}

// Stdout yields the handshake.
func (p *vendorProcess) Stdout() io.ReadCloser { return p.stdout }

// Stderr yields what the vendor logs.
func (p *vendorProcess) Stderr() io.ReadCloser { return p.stderr }

// Name is the path of the executable; that of the command may stand for an open file.
func (p *vendorProcess) Name() string { return p.cmd.Args[0] }

// ID is the process's number.
func (p *vendorProcess) ID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.started {
		return "not started"
	}
	return strconv.Itoa(p.cmd.Process.Pid)
}

// Diagnose adds nothing to go-plugin's errors.
func (p *vendorProcess) Diagnose(context.Context) string { return "" }

// PluginToHost refuses an address that leads elsewhere than to the vendor.
func (p *vendorProcess) PluginToHost(network, address string) (string, string, error) {
	switch {
	case network == "unix" && filepath.Dir(address) == p.sockets:
		if err := p.socket.open(address, p.group); err != nil {
			return "", "", err
		}
	case network == "tcp" && secured && isLoopback(address):
	default:
		return "", "", fmt.Errorf("address %s %q: want a Unix socket in PLUGIN_UNIX_SOCKET_DIR", network, address)
	}
	return network, address, nil
}

// HostToPlugin is not used: a vendor calls nothing of the host's.
func (p *vendorProcess) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
