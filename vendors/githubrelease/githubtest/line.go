package githubtest

import (
	"net"
	"time"
)

// line is how far away a host is, and how much a connection to it carries.
type line struct {
	latency time.Duration // of a round trip: one for the connection, one for each request
	rate    int           // bytes per second of each connection; 0 is as many as it can
}

// Distance puts the host of the assets far away: a round trip takes latency, and each new connection carries so many
// bytes per second.
func (s *Server) Distance(latency time.Duration, bytesPerSecond int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = line{latency, bytesPerSecond}
}

func (s *Server) currentLine() line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line
}

// lineListener makes connections as slow as their line.
type lineListener struct {
	net.Listener
	current func() line
}

// Accept implements net.Listener.
func (l lineListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if at := l.current(); err == nil && at.rate > 0 {
		conn = &slowConn{Conn: conn, line: at}
	}
	return conn, err
}

// slowConn is the server's end of a slow connection.
type slowConn struct {
	net.Conn
	line
	isOpen bool
	next   time.Time // when more may be sent
}

// Read implements net.Conn.
func (c *slowConn) Read(p []byte) (int, error) {
	if !c.isOpen {
		c.isOpen = true
		time.Sleep(c.latency)
	}
	return c.Conn.Read(p)
}

// Write implements net.Conn.
func (c *slowConn) Write(p []byte) (int, error) {
	now := time.Now()
	if c.next.Before(now) {
		c.next = now
	}
	time.Sleep(c.next.Sub(now))
	c.next = c.next.Add(time.Duration(float64(len(p)) / float64(c.rate) * float64(time.Second)))
	return c.Conn.Write(p)
}
