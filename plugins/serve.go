package plugins

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/process"
)

// Serve serves source to the host that started this program, until that ends it; it is all that the main of a vendor
// does. A program that no host started is told so on stderr and exits with code 1.
//
// The context of a call is done when the host cancels it or ends. Serve then gives the source a second to return; after
// that the host, or Serve if the host is gone, kills the process group. A source therefore leaves what it starts in
// this process's group, or kills it when the context is done. A panic is not caught: the host shows its trace.
//
// Stdout belongs to the protocol and stdin to the host. What a source writes to stderr, the host shows when the vendor
// crashes. When the source is called, the environment is what the host was told to give, without the variables of the
// handshake.
func Serve(source provisioner.VendorSource) {
	if os.Getenv(MagicCookieKey) != MagicCookieValue {
		fmt.Fprintln(os.Stderr, "this program is a vendor of workers: name it as a vendor's `command` in provision's "+
			"configuration instead of starting it")
		os.Exit(1)
	}
	keepExecutable()
	s, admitted := &server{source: source}, admitHost()
	hostGone := make(chan struct{})
	sockets, temp := os.Getenv(goplugin.EnvUnixSocketDir), os.Getenv("TMPDIR")
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  handshake,
		VersionedPlugins: versions(s),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			forgetHandshake()
			options = append(options, grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))
			registrar := grpc.NewServer(append(options, admitted...)...)
			go func() {
				_, _ = io.Copy(io.Discard, os.Stdin)
				close(hostGone)
				s.abandon(registrar, sockets, temp)
			}()
			return registrar
		},
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: os.Stderr, JSONFormat: true}),
	})
	s.await(grace)
	select {
	case <-hostGone:
		select {} // abandon ends this process, with what is left of its group
	default:
	}
}

// forgetHandshake keeps what a source starts from taking itself for a vendor. go-plugin has read these variables by
// now.
func forgetHandshake() {
	for _, name := range []string{
		MagicCookieKey, "PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT", goplugin.EnvUnixSocketDir,
		certificateVariable,
	} {
		_ = os.Unsetenv(name)
	}
}

// abandon cancels all calls, waits for them, removes what the host can't any more, and ends this process with its
// group.
func (s *server) abandon(registrar *grpc.Server, sockets, temp string) {
	time.AfterFunc(grace, process.ExitGroup)
	registrar.Stop()
	s.await(grace)
	removeFolders(sockets, temp)
	process.ExitGroup()
}

// removeFolders removes the folders that Launch made: that for temporary files, and the other if nothing is in it but
// empty folders for sockets and for work.
func removeFolders(sockets, temp string) {
	folder := filepath.Dir(sockets)
	if !strings.HasPrefix(filepath.Base(folder), folderPrefix) {
		return // another kind of host
	}
	if strings.HasPrefix(filepath.Base(temp), folderPrefix) {
		_ = os.RemoveAll(temp)
	}
	for _, path := range []string{sockets, filepath.Join(folder, workFolder), folder} {
		_ = os.Remove(path)
	}
}
