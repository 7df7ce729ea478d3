//go:build unix

package localbuild

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// describeProcess is what a compiler says of itself: its process group and its priority.
func describeProcess() string {
	priority, _ := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	return fmt.Sprintln(syscall.Getpgrp(), priority)
}

// vendor is a process in which a Fetch runs, with a compiler below it that never ends.
type vendor struct {
	*exec.Cmd
	stdin  io.Closer
	stdout io.Reader
	// compiler is a connection of the compiler's: it ends when that is dead. group is its process group.
	compiler        *bufio.Reader
	group, priority int
}

// startVendor starts a vendor whose builder does this, and which may lead a process group as a plugin does.
func startVendor(t *testing.T, do string, leads bool) *vendor {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	req := request(t, played(t, do+" "+listener.Addr().String(), nil))
	content, err := json.Marshal(errand{Query: req.Query, Release: req.Release, Dir: req.Dir})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "request.json")
	require.NoError(t, os.WriteFile(file, content, 0o644))

	self, err := os.Executable()
	require.NoError(t, err)
	v := &vendor{Cmd: exec.Command(self)}
	v.Env = append(os.Environ(), asVendor+"="+file)
	v.SysProcAttr = &syscall.SysProcAttr{Setpgid: leads}
	v.stdin, err = v.StdinPipe()
	require.NoError(t, err)
	v.stdout, err = v.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, v.Start())
	t.Cleanup(func() {
		v.stdin.Close() // which ends the Fetch, and with it what that started
		v.Wait()
	})
	conn, err := listener.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	v.compiler = bufio.NewReader(conn)
	_, err = fmt.Fscan(v.compiler, &v.group, &v.priority)
	require.NoError(t, err)
	return v
}

// requireCompilerDies waits for the compiler's end.
func (v *vendor) requireCompilerDies(t *testing.T) {
	t.Helper()
	rest, err := io.ReadAll(v.compiler)
	if err != nil {
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}
	require.Empty(t, strings.TrimSpace(string(rest)))
}

// requireSays waits until the vendor has told how its Fetch ended.
func (v *vendor) requireSays(t *testing.T, want string) {
	t.Helper()
	said, err := bufio.NewReader(v.stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, want+"\n", said)
}

func TestFetch_killsCompilersWhenCancelled(t *testing.T) {
	for name, leads := range map[string]bool{"in a program": false, "in a plugin": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := startVendor(t, "compiler", leads)
			require.NoError(t, v.stdin.Close())
			v.requireSays(t, "cancelled")
			v.requireCompilerDies(t)
		})
	}
}

func TestFetch_runsInItsOwnOrThePluginsProcessGroup(t *testing.T) {
	v := startVendor(t, "compiler", false)
	require.NotEqual(t, syscall.Getpgrp(), v.group)
	v = startVendor(t, "compiler", true)
	require.Equal(t, v.Process.Pid, v.group, "which the host kills, whatever becomes of the plugin")
}

func TestFetch_killsWhatOutlivesTheBuild(t *testing.T) {
	for name, leads := range map[string]bool{"in a program": false, "in a plugin": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := startVendor(t, "daemon", leads)
			v.requireSays(t, "built")
			v.requireCompilerDies(t)
		})
	}
}

func TestFetch_runsAtALowPriority(t *testing.T) {
	own, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	require.NoError(t, err)
	v := startVendor(t, "compiler", false)
	require.NotEqual(t, own, v.priority)
}
