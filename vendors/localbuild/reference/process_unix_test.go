//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAProcessTellsTheQueenOfItsWholeLife(t *testing.T) {
	q := newQueen(t)
	exe, err := os.Executable()
	require.NoError(t, err)
	worker := exec.Command(exe, "--port", "0", "--queen-url", q.URL, "--worker-id", "w1", "--heartbeat-interval", "1h")
	worker.Env = append(os.Environ(), asWorker+"=1")
	var stderr bytes.Buffer
	worker.Stderr = &stderr
	stdout, err := worker.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, worker.Start())
	defer worker.Process.Kill()

	address := readAddress(t, stdout)
	for _, status := range []string{starting, ready} {
		told := q.next(t)
		require.Equal(t, status, told["status"])
		require.Equal(t, "w1", told["id"])
		require.Contains(t, address, fmt.Sprintf(":%v", told["port"]))
	}
	require.NoError(t, worker.Process.Signal(syscall.SIGTERM))
	require.NoError(t, worker.Wait(), stderr.String())
	require.Equal(t, []string{stopping, stopped}, q.rest(t))
}
