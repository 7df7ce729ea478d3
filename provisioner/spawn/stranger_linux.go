package spawn

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/provisioner/process"
)

const listening = "0A" // the state in /proc/net/tcp

// strangerListens reports whether a process that is older than the worker listens at an address: it was there first,
// though not yet when the port was chosen. Younger ones may be of the worker's making, such as a container's proxy.
func strangerListens(address string, worker int) bool {
	inodes := listeners(address)
	own := sockets(worker)
	for inode := range inodes {
		if own[inode] {
			delete(inodes, inode)
		}
	}
	born, ok := process.StartTime(worker)
	if len(inodes) == 0 || !ok {
		return false
	}
	for _, pid := range process.List() {
		if since, ok := process.StartTime(pid); !ok || since >= born {
			continue
		}
		for inode := range sockets(pid) {
			if inodes[inode] {
				return true
			}
		}
	}
	return false
}

// listeners returns the inodes of the sockets that take connections to an address.
func listeners(address string) map[string]bool {
	tcp, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil
	}
	port := fmt.Sprintf(":%04X", tcp.Port)
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		data, _ := os.ReadFile(table)
		for line := range bytes.Lines(data) {
			fields := strings.Fields(string(line))
			if len(fields) < 10 || fields[3] != listening {
				continue
			}
			if host, ok := strings.CutSuffix(fields[1], port); ok && takes(host, tcp.IP) {
				inodes[fields[9]] = true
			}
		}
	}
	return inodes
}

// takes reports whether a listener at a host, as /proc spells it, gets what is sent to an address.
func takes(host string, ip net.IP) bool {
	if strings.Trim(host, "0") == "" {
		return true
	}
	forms := [][]byte{ip.To16()}
	if v4 := ip.To4(); v4 != nil {
		forms = append(forms, v4)
	}
	for _, form := range forms {
		if host == spell(form) {
			return true
		}
	}
	return false
}

// spell writes an address as /proc does on the little-endian machines that we know: each 32 bits from behind.
func spell(ip []byte) string {
	var b strings.Builder
	for ; len(ip) >= 4; ip = ip[4:] {
		fmt.Fprintf(&b, "%02X%02X%02X%02X", ip[3], ip[2], ip[1], ip[0])
	}
	return b.String()
}

// sockets returns the inodes of a process's sockets, as far as we may see them.
func sockets(pid int) map[string]bool {
	inodes := map[string]bool{}
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	files, _ := os.ReadDir(dir)
	for _, file := range files {
		target, _ := os.Readlink(filepath.Join(dir, file.Name()))
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return inodes
}
