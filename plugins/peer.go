package plugins

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/rbee-keeper/provision/provisioner/process"
)

// peer is the process at the other end of a Unix socket, as the system tells: who connected, or who began to listen.
type peer struct{ pid, uid int }

func (p peer) String() string { return fmt.Sprintf("process %d of user %d", p.pid, p.uid) }

// peerOf asks the system for the peer of a connection.
func peerOf(conn net.Conn) (p peer, err error) {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return peer{}, fmt.Errorf("ask for the peer of a %T: %w", conn, errors.ErrUnsupported)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return peer{}, err
	}
	controlErr := raw.Control(func(fd uintptr) { p, err = peerOfSocket(int(fd)) })
	if err = errors.Join(controlErr, err); err != nil {
		return peer{}, fmt.Errorf("ask for the peer of a socket: %w", err)
	}
	return p, nil
}

// dialVendor connects to a socket that a process of the vendor's group has to serve.
func dialVendor(ctx context.Context, address string, g process.Group) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", address)
	if err != nil {
		return nil, err
	}
	p, err := peerOf(conn)
	if err == nil && (p.uid != os.Geteuid() || !g.Contains(p.pid)) {
		err = fmt.Errorf("socket %q is served by %s, which is not the vendor", address, p)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// hostOnly are the credentials of a vendor's socket, which admit the host alone.
type hostOnly struct {
	credentials.TransportCredentials
	hosts []int // the numbers that the host's process may have
}

// admitHost are the options of a server for the host that started this process. One that sent a certificate is told by
// that.
func admitHost() []grpc.ServerOption {
	if secured || os.Getenv(certificateVariable) != "" {
		return nil
	}
	return []grpc.ServerOption{grpc.Creds(hostOnly{insecure.NewCredentials(), hostPIDs()})}
}

// certificateVariable holds the certificate of a host that wants TLS.
const certificateVariable = "PLUGIN_CLIENT_CERT"

// ServerHandshake implements credentials.TransportCredentials.
func (c hostOnly) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	p, err := peerOf(conn)
	if err == nil && (p.uid != os.Geteuid() || !slices.Contains(c.hosts, p.pid)) {
		err = fmt.Errorf("%s is not the host", p)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused a connection:", err)
		return nil, nil, err
	}
	return c.TransportCredentials.ServerHandshake(conn)
}

// Clone implements credentials.TransportCredentials.
func (c hostOnly) Clone() credentials.TransportCredentials {
	return hostOnly{c.TransportCredentials.Clone(), c.hosts}
}
