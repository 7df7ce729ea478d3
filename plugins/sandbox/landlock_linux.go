package sandbox

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The versions of Landlock that brought what is used here.
const (
	abiFiles    = 1 // Linux 5.13
	abiRename   = 2 // 5.19: from one folder to another; before, that is denied
	abiTruncate = 3 // 6.2
	abiNetwork  = 4 // 6.7
	abiDevices  = 5 // 6.10
	abiScope    = 6 // 6.12
)

// Rights to files and folders.
const (
	toRead  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	toWrite = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_REFER |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	toDevices = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	// ofFiles are the rights that a rule about a file may grant.
	ofFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
)

// devices are what everybody may use: nothing is kept there.
var devices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}

// fileRights are those of a set that a version of Landlock knows.
func fileRights(rights uint64, abi int) uint64 {
	for _, since := range []struct {
		abi   int
		right uint64
	}{
		{abiRename, unix.LANDLOCK_ACCESS_FS_REFER},
		{abiTruncate, unix.LANDLOCK_ACCESS_FS_TRUNCATE},
		{abiDevices, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV},
	} {
		if abi < since.abi {
			rights &^= since.right
		}
	}
	return rights
}

// askKernel returns the version of the kernel's Landlock. Tests replace it.
var askKernel = func() (int, error) {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch errno {
	case 0:
		return int(abi), nil
	case unix.ENOSYS:
		return 0, errors.New("this kernel has no Landlock, which came with Linux 5.13")
	case unix.EOPNOTSUPP:
		return 0, errors.New("the kernel has Landlock switched off: its parameter `lsm=` lacks it")
	default:
		return 0, fmt.Errorf("use Landlock: %w", errno)
	}
}

// ruleset is one of the kernel's.
type ruleset struct {
	fd    int
	files uint64 // rights to files that it handles
}

// newRuleset makes a ruleset of what a report says can be limited. There is one alone: a second one would deny moving
// files from one folder to another.
func newRuleset(rules Rules, r Report) (*ruleset, error) {
	s := &ruleset{}
	var attr unix.LandlockRulesetAttr
	if r.Files {
		s.files = fileRights(toWrite|toDevices, r.ABI)
	}
	if r.Reading {
		s.files |= toRead
	}
	attr.Handled_access_fs = s.files
	if r.Network {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if r.Scope {
		attr.Scoped = unix.LANDLOCK_SCOPE_SIGNAL | unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
	}
	fd, _, errno := unix.Syscall(
		unix.SYS_LANDLOCK_CREATE_RULESET,
		uintptr(unsafe.Pointer(&attr)),
		unsafe.Sizeof(attr),
		0,
	)
	if errno != 0 {
		return nil, fmt.Errorf("make Landlock ruleset: %w", errno)
	}
	s.fd = int(fd)
	if err := s.fill(rules, r); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *ruleset) fill(rules Rules, r Report) error {
	for _, path := range slices.Concat(rules.Write, rules.ExtraWrite) {
		s.allow(path, toWrite|toRead)
	}
	for _, path := range devices {
		s.allow(
			path,
			unix.LANDLOCK_ACCESS_FS_WRITE_FILE|unix.LANDLOCK_ACCESS_FS_READ_FILE|unix.LANDLOCK_ACCESS_FS_IOCTL_DEV,
		)
	}
	if r.Reading {
		for _, path := range rules.Read {
			s.allow(path, toRead)
		}
	}
	if !r.Network {
		return nil
	}
	for _, port := range rules.Ports {
		if err := s.allowPort(port); err != nil {
			return err
		}
	}
	return nil
}

// allow grants rights below a path. Where that can't be done, such as for what does not exist, nothing is granted.
func (s *ruleset) allow(path string, rights uint64) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if unix.Fstat(fd, &stat) != nil {
		return
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= ofFiles
	}
	if rights &= s.files; rights == 0 {
		return
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, _ = unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(s.fd), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
}

// ruleOfPort is LANDLOCK_RULE_NET_PORT of linux/landlock.h, and portAttr its struct landlock_net_port_attr.
const ruleOfPort = 2

type portAttr struct{ access, port uint64 }

func (s *ruleset) allowPort(port uint16) error {
	rule := portAttr{unix.LANDLOCK_ACCESS_NET_CONNECT_TCP, uint64(port)}
	_, _, errno := unix.Syscall6(
		unix.SYS_LANDLOCK_ADD_RULE,
		uintptr(s.fd),
		ruleOfPort,
		uintptr(unsafe.Pointer(&rule)),
		0,
		0,
		0,
	)
	if errno != 0 {
		return fmt.Errorf("allow port %d: %w", port, errno)
	}
	return nil
}

// enforce limits this thread, and what is started from it, for ever.
func (s *ruleset) enforce() error {
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(s.fd), 0, 0); errno != 0 {
		return os.NewSyscallError("landlock_restrict_self", errno)
	}
	return nil
}

func (s *ruleset) close() { _ = unix.Close(s.fd) }
