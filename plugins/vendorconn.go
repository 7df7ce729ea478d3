package plugins

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/rbee-keeper/provision/provisioner/process"
)

// secured reports whether host and vendor exchange certificates (go-plugin's AutoMTLS). They do on Windows, where they
// use TCP. A Unix socket does not need it: only this user's processes can connect, and the system reports which one
// did.
const secured = runtime.GOOS == "windows"

// dialTimeout is far more than a local socket takes.
const dialTimeout = 5 * time.Second

// vendorConn connects to a vendor's Unix socket. It is opened as soon as the vendor has sent its address. If another
// process serves that address, the start fails.
type vendorConn struct {
	address string
	group   process.Group // that serves it

	mu   sync.Mutex
	conn net.Conn // the first connection, until gRPC takes it
}

func (c *vendorConn) open(address string, g process.Group) error {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	conn, err := dialVendor(ctx, address, g)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.address, c.group, c.conn = address, g, conn
	return nil
}

// dial returns the first connection once. Later calls, after that one was lost, connect again.
func (c *vendorConn) dial(ctx context.Context, _ string) (net.Conn, error) {
	c.mu.Lock()
	conn := c.conn
	c.conn = nil
	c.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	return dialVendor(ctx, c.address, c.group)
}

// close closes the first connection if gRPC did not take it.
func (c *vendorConn) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		_ = c.conn.Close()
	}
	c.conn = nil
}

func (c *vendorConn) dialOptions() []grpc.DialOption {
	options := []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
	}
	if !secured {
		options = append(options, grpc.WithContextDialer(c.dial))
	}
	return options
}

func isLoopback(address string) bool {
	addr, err := netip.ParseAddrPort(address)
	return err == nil && addr.Addr().IsLoopback()
}
