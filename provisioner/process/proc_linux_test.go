package process

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const headlessKey = "PROCESS_TEST_HEADLESS" // set in a process that ends its first thread

func init() { // which runs in the first thread
	if os.Getenv(headlessKey) != "" {
		runtime.LockOSThread()
		os.Exit(playHeadless())
	}
}

// playHeadless ends its first thread and goes on in the others.
func playHeadless() int {
	go func() {
		for stat(os.Getpid())[stateField] != "Z" {
			time.Sleep(time.Millisecond)
		}
		fmt.Println("headless")
	}()
	_, _, errno := syscall.Syscall(syscall.SYS_EXIT, 0, 0, 0)
	return int(errno)
}

func TestGroup_isAliveWhileAThreadOfAZombieRuns(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), headlessKey+"=1")
	Lead(cmd)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "headless\n", line)
	require.True(t, isAlive(cmd.Process.Pid))

	require.NoError(t, cmd.Process.Kill())
	require.NoError(t, AwaitExit(cmd.Process.Pid))
	require.Equal(t, "Z", stat(cmd.Process.Pid)[stateField], "nobody has waited for it")
	require.Equal(t, strconv.Itoa(cmd.Process.Pid), stat(cmd.Process.Pid)[groupField])
	require.False(t, isAlive(cmd.Process.Pid))
	require.Error(t, cmd.Wait())
}
