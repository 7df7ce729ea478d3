package plugins

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// secured tells that host and vendor exchange certificates, as go-plugin's AutoMTLS does. They do so on Windows, where they speak
// TCP: to a Unix socket only this user's processes get, and the system tells which one is at the other end.
const secured = runtime.GOOS == "windows"

// dialTimeout is far more than a local socket takes.
const dialTimeout = 5 * time.Second

// link is the way to a vendor's Unix socket. It is opened as soon as the vendor has told its address: one that leads to another
// process fails the start.
type link struct {
	address string
	group   group // that serves it

	mu   sync.Mutex
	conn net.Conn // the first connection, until gRPC takes it
}

func (l *link) open(address string, g group) error {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	conn, err := dialVendor(ctx, address, g)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.address, l.group, l.conn = address, g, conn
	return nil
}

// dial yields the first connection once, and then, should it be lost, others.
func (l *link) dial(ctx context.Context, _ string) (net.Conn, error) {
	l.mu.Lock()
	conn := l.conn
	l.conn = nil
	l.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	return dialVendor(ctx, l.address, l.group)
}

// close closes a connection that nobody took.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close()
	}
	l.conn = nil
}

func (l *link) dialOptions() []grpc.DialOption {
	options := []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
	}
	if !secured {
		options = append(options, grpc.WithContextDialer(l.dial))
	}
	return options
}

func isLoopback(address string) bool {
	addr, err := netip.ParseAddrPort(address)
	return err == nil && addr.Addr().IsLoopback()
}
