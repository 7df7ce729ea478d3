package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestMain makes the test binary a process that tries something, if its first argument says so, and tells how that
// went.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "probe" {
		fmt.Print(outcome(probes[os.Args[2]](os.Args[3:])))
		return
	}
	os.Exit(m.Run())
}

// probes are what a process may try.
var probes = map[string]func(args []string) error{
	"write":   func(args []string) error { return os.WriteFile(args[0], []byte("x"), 0o600) },
	"empty":   func(args []string) error { return os.Truncate(args[0], 0) },
	"delete":  func(args []string) error { return os.Remove(args[0]) },
	"mkdir":   func(args []string) error { return os.Mkdir(args[0], 0o700) },
	"link":    func(args []string) error { return os.Symlink("/", args[0]) },
	"pipe":    func(args []string) error { return unix.Mkfifo(args[0], 0o600) },
	"device":  func(args []string) error { return unix.Mknod(args[0], unix.S_IFCHR, int(unix.Mkdev(1, 3))) },
	"move":    func(args []string) error { return os.Rename(args[0], args[1]) },
	"read":    func(args []string) error { _, err := os.ReadFile(args[0]); return err },
	"list":    func(args []string) error { _, err := os.ReadDir(args[0]); return err },
	"discard": func([]string) error { return os.WriteFile("/dev/null", []byte("x"), 0) },
	"connect": func(args []string) error {
		conn, err := net.Dial("tcp", args[0])
		if err == nil {
			err = conn.Close()
		}
		return err
	},
	"listen": func([]string) error {
		var config net.ListenConfig
		config.SetMultipathTCP(false) // which is no TCP to Landlock
		_, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
		return err
	},
	"signal": func(args []string) error {
		pid, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return syscall.Kill(pid, 0)
	},
	"call": func(args []string) error { // an abstract socket
		conn, err := net.Dial("unix", args[0])
		if err == nil {
			err = conn.Close()
		}
		return err
	},
	"grow": func(args []string) error {
		f, err := os.Create(args[0])
		if err != nil {
			return err
		}
		_, err = f.WriteAt([]byte("x"), MaxFileSize)
		return errors.Join(err, f.Close())
	},
	"privileges": func([]string) error {
		status, err := os.ReadFile("/proc/thread-self/status")
		if !strings.Contains(string(status), "NoNewPrivs:\t1\n") {
			err = errors.Join(err, errors.New("it may get new privileges"))
		}
		return err
	},
	"core": func([]string) error {
		var limit unix.Rlimit
		err := unix.Getrlimit(unix.RLIMIT_CORE, &limit)
		if limit.Cur != 0 || limit.Max != 0 {
			err = errors.Join(err, fmt.Errorf("core dumps of %d bytes", limit.Cur))
		}
		return err
	},
	// child has a child do the rest.
	"child": func(args []string) error {
		out, err := exec.Command("/proc/self/exe", append([]string{"probe"}, args...)...).Output()
		if string(out) == denied {
			return unix.EACCES
		}
		if string(out) != done {
			err = errors.Join(err, errors.New(string(out)))
		}
		return err
	},
	// own signals a child.
	"own": func([]string) error {
		child := exec.Command("sleep", "1000")
		if err := child.Start(); err != nil {
			return err
		}
		err := child.Process.Kill()
		_ = child.Wait()
		return err
	},
}

// How a probe went.
const (
	done   = "done"
	denied = "denied"
)

func outcome(err error) string {
	switch {
	case err == nil:
		return done
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return denied
	default:
		return err.Error()
	}
}

// try starts a probe under rules and returns how it went.
func try(t *testing.T, rules Rules, args ...string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	out, err := output(t, rules, self, append([]string{"probe"}, args...)...)
	require.NoError(t, err, out)
	return out
}

// output runs a program under rules.
func output(t *testing.T, rules Rules, path string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	cmd.Stdout, cmd.Stderr = &out, &out
	ended := make(chan struct{})
	defer close(ended)
	if _, err := Start(cmd, rules, ended); err != nil {
		return "", err
	}
	err := cmd.Wait()
	return out.String(), err
}

// needs skips a test that takes a newer kernel than this one.
func needs(t *testing.T, abi int) {
	t.Helper()
	if have, err := askKernel(); have < abi {
		t.Skipf("this kernel has version %d of Landlock, and %d is needed: %v", have, abi, err)
	}
}

// place is a folder that a process may write to, and a file and a folder outside it.
type place struct{ inside, outside, file string }

func newPlace(t *testing.T) place {
	t.Helper()
	p := place{inside: t.TempDir(), outside: t.TempDir()}
	p.file = filepath.Join(p.outside, "file")
	require.NoError(t, os.WriteFile(p.file, []byte("content"), 0o600))
	return p
}

func (p place) rules() Rules { return Rules{Mode: Auto, Write: []string{p.inside}} }
