package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// systemPaths are what hardly a program can work without reading: programs and libraries, name resolution,
// certificates, time, and what the kernel tells of processes and of the machine.
var systemPaths = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store",
	"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/alternatives",
	"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services",
	"/etc/protocols",
	"/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/crypto-policies", "/etc/localtime", "/etc/timezone",
	"/etc/mime.types",
	"/etc/passwd", "/etc/group",
	"/proc", "/sys/devices/system", "/sys/kernel/mm", "/sys/fs/cgroup",
}

// descriptors is where a process finds what it has open.
const descriptors = "/proc/self/fd/"

// ownPaths are what a program must read of itself: its executable, what it inherits open, which its executable may be,
// and the files among its arguments, as an interpreter has them.
func ownPaths(cmd *exec.Cmd) []string {
	var paths []string
	if !strings.HasPrefix(cmd.Path, descriptors) { // which are the process's, not ours
		paths = append(paths, cmd.Path)
	}
	for _, f := range cmd.ExtraFiles {
		paths = append(paths, descriptors+strconv.Itoa(int(f.Fd())))
	}
	for _, arg := range cmd.Args[min(1, len(cmd.Args)):] {
		if info, err := os.Stat(arg); err == nil && filepath.IsAbs(arg) && info.Mode().IsRegular() {
			paths = append(paths, arg)
		}
	}
	return paths
}

// readable are all that a process may read where reading is limited.
func readable(cmd *exec.Cmd, rules Rules) []string {
	return slices.Concat(systemPaths, ownPaths(cmd), rules.Read)
}
