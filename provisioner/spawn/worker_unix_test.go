//go:build unix

package spawn

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

// isAlive reports whether a process runs; a zombie doesn't.
func isAlive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	if runtime.GOOS != "linux" {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, ok := bytes.Cut(stat, []byte(") "))
	return err == nil && ok && rest[0] != 'Z' && rest[0] != 'X'
}

func TestAWorkerThatIgnoresTheSignalIsKilledAfterTheGrace(t *testing.T) {
	t.Parallel()
	h, out := newHive(t, "--do", "deaf"), awaitText("ignoring the signal")
	w := h.mustStart(t, Options{Output: out})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-out.found
		cancel()
	}()
	require.NoError(t, w.Stop(ctx))
	require.NoError(t, w.Err())
	require.Equal(t, syscall.SIGKILL, w.process.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
	h.requireFree(t)
}

func TestTheGraceEndsByItself(t *testing.T) {
	t.Parallel()
	h := newHive(t, "--do", "deaf")
	w := h.mustStart(t, Options{Grace: 1})
	require.NoError(t, w.Stop(t.Context()))
	h.requireFree(t)
}

func TestWhatTheWorkerStartedEndsWithIt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *Worker){
		"stopped":   func(t *testing.T, w *Worker) { require.NoError(t, w.Stop(t.Context())) },
		"by itself": func(t *testing.T, w *Worker) { require.Equal(t, 4, mustExit(t, w).Code) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, out := newHive(t, "--do", "parent of deaf"), awaitText("child ")
			w := h.mustStart(t, Options{Output: out})
			<-out.found
			child := childOf(t, out)
			require.True(t, isAlive(child))
			end(t, w)
			require.False(t, isAlive(child))
			h.requireFree(t)
		})
	}
}

func TestTheLeaseEndsWhenTheWorkerIsKilled(t *testing.T) {
	t.Parallel()
	h := newHive(t)
	w := h.mustStart(t, Options{})
	require.NoError(t, syscall.Kill(w.Info().PID, syscall.SIGKILL))
	<-w.Done()
	require.Equal(t, &ExitError{Code: -1, Signal: "killed", Ready: true, Tail: []string{}}, w.Err())
	h.requireFree(t)
	require.NoError(t, h.Remove(t.Context(), h.entry.Worker.ID, catalog.LockOptions{}))
}

func TestAWorkerWhoseHiveWasKilledKeepsItsLease(t *testing.T) {
	t.Parallel()
	h := newHive(t)
	path, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(path, h.Home(), h.entry.Worker.ID)
	cmd.Env = append(os.Environ(), roleKey+"=hive", markKey+"="+mark())
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	var info Info
	require.NoError(t, json.Unmarshal([]byte(line), &info), line)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())

	require.True(t, isAlive(info.PID))
	var leased *catalog.LeasedError
	require.ErrorAs(t, h.Remove(t.Context(), h.entry.Worker.ID, catalog.LockOptions{}), &leased)
	require.Equal(t, []int{info.PID}, leased.PIDs)
	require.NoError(t, syscall.Kill(info.PID, syscall.SIGKILL))
	require.Eventually(t, func() bool { return h.Remove(t.Context(), h.entry.Worker.ID, catalog.LockOptions{}) == nil },
		10*time.Second, time.Millisecond)
	require.False(t, isAlive(info.PID))
}

func TestASocketIsHandedOverSoThatNobodyCanTakeThePortBefore(t *testing.T) {
	t.Parallel()
	path, err := buildReference()
	require.NoError(t, err)
	launch := &catalog.Launch{
		Args: []string{"--socket", "{socket}", "--queen-url", "{queen_url}"}, Ready: &catalog.Ready{HTTP: "/health"},
	}
	h, q := newHiveOf(t, path, catalog.Provenance{Launch: launch}), newQueen(t)
	w := h.mustStart(t, Options{QueenURL: q.URL, OnEvent: func(e Event) {
		if e.Action == ActionPort {
			_, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", e.Port))
			if !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("the port can be taken: %v", err)
			}
		}
	}})
	require.Equal(t, float64(w.Info().Port), q.next(t)["port"])
	response, err := http.Get(w.Info().URL + "/health")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	require.NoError(t, w.Stop(t.Context()))
	_, err = http.Get(w.Info().URL + "/health")
	require.ErrorIs(t, err, syscall.ECONNREFUSED, "nobody else has the socket open")
	h.requireFree(t)

	launch.Ready = nil
	_, err = newHiveOf(t, path, catalog.Provenance{Launch: launch}).start(t, Options{})
	require.ErrorContains(t, err, "has {socket} and no `ready`")
}
