package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// Command tells how to start a vendor.
type Command struct {
	Name string   // the vendor's name in errors
	Path string   // of the executable; absolute
	Args []string // its arguments, without its name
	// File, unless nil, is the executable as it was opened and checked. On Linux it is what is started, whatever stands
	// at Path by then; the vendor inherits it. It may be closed when Launch has returned.
	File *os.File
	// Check, unless nil, is called when the vendor has started and was asked nothing yet. Its error, an
	// *provisioner.Error, ends the vendor.
	Check func() error
	// Env is the whole environment, as "key=value": nothing of this process's own is added, only the variables of the
	// handshake, and, unless they are in it, TMPDIR, TMP and TEMP for a folder that Close removes.
	Env []string
	// Sandbox limits what the vendor and all that it starts may do; the zero Rules limit nothing. What it needs to be
	// served, its folder for temporary files and its working folder if that is a new one, it may write to in any case.
	Sandbox sandbox.Rules
	// Dir is the working folder. Empty is a new one that Close removes.
	Dir string
	// StartTimeout is how long the vendor may take to shake hands; 0 is 10 seconds.
	StartTimeout time.Duration
	// Stderr gets a copy of what the vendor logs, from one goroutine at a time; nil discards it.
	Stderr io.Writer
	// Stdout gets what the vendor writes to stdout after the handshake, which nobody reads, from several goroutines at
	// a time; nil discards it.
	Stdout io.Writer
}

const defaultStartTimeout = 10 * time.Second

// Launch starts a vendor and shakes hands with it. Cancelling ctx ends only the start; afterwards Close ends the
// vendor.
//
// An executable that can't be started is an *provisioner.Error of kind InvalidConfig. One that ends, hangs or doesn't
// speak the protocol is a PluginFault, which shows the last lines of its stderr. After an error nothing runs any more.
func Launch(ctx context.Context, command Command) (*Plugin, error) {
	if command.StartTimeout == 0 {
		command.StartTimeout = defaultStartTimeout
	}
	p := &Plugin{name: command.Name, startTimeout: command.StartTimeout, describeTimeout: defaultDescribeTimeout}
	if ctx.Err() != nil {
		return nil, p.errorf(provisioner.Cancelled, "start: %w", context.Cause(ctx))
	}
	if !filepath.IsAbs(command.Path) {
		return nil, p.errorf(provisioner.InvalidConfig, "start %q: not an absolute path", command.Path)
	}
	if err := p.prepare(command); err != nil {
		return nil, p.errorf(provisioner.Other, "prepare start: %w", err)
	}
	keep := context.AfterFunc(ctx, p.process.kill)
	err := p.connect()
	if err == nil && command.Check != nil {
		err = command.Check()
	}
	if !keep() {
		return nil, p.terminated(p.errorf(provisioner.Cancelled, "start: %w", context.Cause(ctx)))
	}
	if err != nil {
		ended := p.terminate()
		return nil, withEnd(p.startError(err), ended)
	}
	return p, nil
}

// prepare makes the folder of the vendor's socket, and all that is needed to start it.
func (p *Plugin) prepare(command Command) error {
	folder, err := socketFolder()
	if err != nil {
		return err
	}
	p.folder = folder
	err = os.Mkdir(filepath.Join(folder, workFolder), 0o700)
	if err == nil {
		p.temp, err = tempFolder()
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(folder))
	}
	p.process = newProcess(command, folder, p.temp)
	p.terminate = sync.OnceValue(p.stop)
	p.client = goplugin.NewClient(p.clientConfig())
	return nil
}

func (p *Plugin) clientConfig() *goplugin.ClientConfig {
	return &goplugin.ClientConfig{
		HandshakeConfig:  handshake,
		VersionedPlugins: versions(nil),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		SkipHostEnv:      true,
		StartTimeout:     p.startTimeout,
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: p.folder},
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, sockets string) (runner.Runner, error) {
			p.process.cmd.Env = slices.Concat(p.process.cmd.Env, spec.Env)
			p.process.sockets = sockets
			return p.process, nil
		},
		AutoMTLS:        secured,
		GRPCDialOptions: p.process.socket.dialOptions(),
		Logger:          hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
		// What a vendor in Go prints while it is served comes this way.
		SyncStdout: io.MultiWriter(p.process.stderr.tail, p.process.stdout.rest),
		SyncStderr: p.process.stderr.tail,
	}
}

// maxSocketFolder leaves room in the 104 bytes of a socket's path for what we and go-plugin append to the folder.
const maxSocketFolder = 49

const (
	folderPrefix = "rbee-"
	workFolder   = "work" // the working folder of a vendor that was given none
)

// socketFolder makes a folder for one vendor, below the system's folder for temporary files, or below /tmp where that
// one's path is too long for a socket.
func socketFolder() (string, error) {
	parent, err := filepath.Abs(os.TempDir())
	if err != nil {
		return "", err
	}
	if len(parent) > maxSocketFolder && runtime.GOOS != "windows" {
		parent = "/tmp"
	}
	return os.MkdirTemp(parent, folderPrefix)
}

// tempFolder makes a folder for the temporary files of one vendor, below the system's.
func tempFolder() (string, error) {
	parent, err := filepath.Abs(os.TempDir())
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, folderPrefix)
}

// connect starts the vendor and shakes hands.
func (p *Plugin) connect() error {
	protocol, err := p.client.Client()
	if err != nil {
		return err
	}
	rpc, ok := protocol.(*goplugin.GRPCClient)
	if !ok {
		return fmt.Errorf("unexpected protocol %T", protocol)
	}
	p.conn = rpc.Conn
	service, err := protocol.Dispense(serviceName)
	if err != nil {
		return err
	}
	p.vendor, ok = service.(vendorpb.VendorClient)
	if !ok {
		return fmt.Errorf("unexpected service %T", service)
	}
	return nil
}

// startError tells why a vendor could not be started; what was started is at its end.
func (p *Plugin) startError(err error) *provisioner.Error {
	if e, ok := errors.AsType[*provisioner.Error](err); ok {
		return p.errorf(e.Kind, "start %s: %w", p.process.Name(), err).WithHint("%s", e.Hint)
	}
	path := p.process.Name()
	fate, own := p.process.fate()
	switch line := strings.TrimSpace(string(p.process.stdout.line())); {
	case errors.Is(err, sandbox.ErrUnavailable):
		return p.errorf(provisioner.InvalidConfig, "start %s: %w", path, err).
			WithHint("the sandbox mode `auto` takes what can be had of it")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return p.errorf(provisioner.InvalidConfig, "start %s: %w", path, err).
			WithHint("give the path of the vendor's executable as its `command`")
	case p.process.cmd.Process == nil:
		return p.errorf(provisioner.PluginFault, "start %s: %w", path, err).WithHint(hintNoVendor)
	case line == "" && own:
		return p.fault("start %s: no handshake: %s", path, fate).WithHint(hintNoVendor)
	case line == "":
		return p.fault("start %s: no handshake within %s: %s", path, p.startTimeout, fate).WithHint(hintNoVendor)
	case !strings.HasPrefix(line, "1|"):
		return p.fault("start %s: no handshake: it wrote %.100q", path, line).WithHint(hintNoVendor)
	default:
		return p.fault("start %s: %w", path, err).WithHint(hintNoVendor)
	}
}

const hintNoVendor = "check that this program is a vendor, built for this version of provision"
