package spawn

import (
	"math/rand/v2"
	"net"
	"os"
	"strconv"
)

// Ports are chosen from below those that systems give to outgoing connections: from 32768 on Linux, from 49152
// elsewhere.
const (
	firstPort = 20000
	ports     = 10000
	portTries = 100
)

// port is a port that nobody listened at when it was opened. It is claimed until release: of the hives on this machine,
// only one hands it out.
//
// A worker that can't take over an open socket binds the port itself, so between our look and that the port is
// anybody's. The claim keeps other hives out of that gap, which matters beyond a failed start: servers that set
// SO_REUSEPORT, as many builds of llama-server do, share a port in silence. The claim is the UDP port of the same
// number: the system knows of it whatever user, catalog or container's file system a hive has, and drops it with the
// process.
type port struct {
	host   string
	number int
	claim  net.PacketConn // nil where there is none
	socket *os.File       // that listens at the port, for a worker that takes it; else nil
}

// openPort claims a port that is free at host: number, or for 0 one of its own choice. The error is a *PortError.
func openPort(host string, number int) (*port, error) {
	if number != 0 {
		p := &port{host: host, number: number}
		p.claim, _ = claim(number) // whoever else uses the number for UDP does no harm
		if err := p.look(); err != nil {
			p.release()
			return nil, err
		}
		return p, nil
	}
	var err error
	for range portTries {
		p := &port{host: host, number: firstPort + rand.IntN(ports)}
		if p.claim, err = claim(p.number); err != nil {
			err = &PortError{host, p.number, err}
			continue
		}
		if err = p.look(); err == nil {
			return p, nil
		}
		p.release()
	}
	return nil, err
}

func claim(number int) (net.PacketConn, error) {
	return net.ListenPacket("udp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
}

// look returns a *PortError if somebody listens at the port.
func (p *port) look() error {
	listener, err := net.Listen("tcp", p.address())
	if err != nil {
		return &PortError{p.host, p.number, err}
	}
	return listener.Close()
}

// listen opens the socket for a worker that takes one. The error is a *PortError.
func (p *port) listen() error {
	listener, err := net.Listen("tcp", p.address())
	if err != nil {
		return &PortError{p.host, p.number, err}
	}
	defer listener.Close() // the file is a copy
	if p.socket, err = listener.(*net.TCPListener).File(); err != nil {
		return &PortError{p.host, p.number, err}
	}
	return nil
}

// handedOver leaves the socket to the worker: it ends with that.
func (p *port) handedOver() {
	if p.socket != nil {
		_ = p.socket.Close()
	}
}

// release ends the claim.
func (p *port) release() {
	p.handedOver()
	if p.claim != nil {
		_ = p.claim.Close()
	}
}

func (p *port) address() string { return net.JoinHostPort(p.host, strconv.Itoa(p.number)) }

// reachable is the address that this machine reaches the port at: loopback where the worker listens at every address.
func (p *port) reachable() string {
	host := p.host
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.To4() == nil {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, strconv.Itoa(p.number))
}
