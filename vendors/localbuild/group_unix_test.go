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

// describeProcess is what a compiler says of itself: its process group.
func describeProcess() string { return fmt.Sprintln(syscall.Getpgrp()) }

// vendor is a process in which a Fetch waits for a compiler that never ends.
type vendor struct {
	*exec.Cmd
	stdin  io.Closer
	stdout io.Reader
	// compiler is a connection of the compiler's: it ends when that is dead. group is its process group.
	compiler *bufio.Reader
	group    int
}

func startVendor(t *testing.T, leads bool) *vendor {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	goDir, goPath := fakeGo(t, `{"GOVERSION": "go1.26.0"}`)
	require.NoError(t, os.WriteFile(filepath.Join(goDir, "address"), []byte(listener.Addr().String()), 0o644))
	req := request(t, query(t, map[string]string{"source": "embedded", "go": goPath}))
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
	t.Cleanup(func() { v.Process.Kill() })

	conn, err := listener.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	v.compiler = bufio.NewReader(conn)
	_, err = fmt.Fscan(v.compiler, &v.group)
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

func TestCancellingKillsTheCompilersToo(t *testing.T) {
	v := startVendor(t, false)
	require.NotEqual(t, syscall.Getpgrp(), v.group, "the build has a group of its own")
	require.NoError(t, v.stdin.Close())
	v.requireCompilerDies(t)
	said, err := io.ReadAll(v.stdout)
	require.NoError(t, err)
	require.Equal(t, "cancelled\n", string(said))
	require.NoError(t, v.Wait())
}

func TestInAPluginTheBuildStaysInTheGroupThatTheHostKills(t *testing.T) {
	v := startVendor(t, true)
	require.Equal(t, v.Process.Pid, v.group)
	require.NoError(t, v.stdin.Close())
	said, err := bufio.NewReader(v.stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "cancelled\n", said)
	require.NoError(t, syscall.Kill(-v.Process.Pid, syscall.SIGKILL)) // as the host does
	v.requireCompilerDies(t)
	v.Wait()
}
