package store

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/provisioner"
)

// describe asks a staged plugin who it is. It gets nothing that it could tell differently by.
func describe(ctx context.Context, staged staged, mode sandbox.Mode) (provisioner.Description, error) {
	var none provisioner.Description
	e, err := staged.open()
	if err != nil {
		return none, err
	}
	defer e.Close()
	p, err := launchClosed(ctx, e, mode)
	if err != nil {
		return none, orInterpreter(err, e)
	}
	description, err := p.Describe(ctx)
	if err = errors.Join(err, p.Close()); err != nil {
		return none, err
	}
	if err := validate(description); err != nil {
		return none, provisioner.Errorf(provisioner.PluginFault, "the plugin describes itself wrongly: %w", err).
			WithHint("report this to the plugin's author")
	}
	return description, nil
}

const (
	busyTries = 50
	busyPause = 20 * time.Millisecond
)

// launchClosed starts a copy that was just written. A process that this program forks at that moment holds it open for
// writing until it executes its own program, and no such file can be started.
func launchClosed(ctx context.Context, e *Executable, mode sandbox.Mode) (*plugins.Plugin, error) {
	command := e.Command()
	command.Env, command.Sandbox = plugins.Environment(), sandbox.Rules{Mode: cmp.Or(mode, sandbox.Auto)}
	for try := 1; ; try++ {
		p, err := plugins.Launch(ctx, command)
		if !errors.Is(err, syscall.ETXTBSY) || try == busyTries {
			return p, err
		}
		time.Sleep(busyPause)
	}
}

// orInterpreter words what the system calls a missing file, though the file is there: what its first line names is
// missing.
func orInterpreter(err error, e *Executable) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	first := make([]byte, 200)
	n, _ := e.file.ReadAt(first, 0)
	line, _ := bufio.NewReader(strings.NewReader(string(first[:n]))).ReadString('\n')
	if !strings.HasPrefix(line, "#!") {
		return provisioner.Errorf(provisioner.PluginFault, "start the plugin: its loader is missing on this machine").
			WithHint("install a build of the plugin for this system's libc, or a static one")
	}
	return provisioner.Errorf(provisioner.PluginFault, "start the plugin: its interpreter is missing: %s",
		strings.TrimSpace(line)).
		WithHint("install the interpreter, or a plugin that needs none")
}
