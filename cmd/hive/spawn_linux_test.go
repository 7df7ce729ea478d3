package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
)

func TestSpawnPrintsOneLineAndASignalEndsTheWorker(t *testing.T) {
	t.Parallel()
	caught := make(chan os.Signal, 1)
	// Under nohup SIGHUP is ignored, and a child inherits that. A signal that is caught here is not ignored by a child.
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	for _, ending := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		h := start(t, false, "spawn", "cpu-llm", "--", "--is", "mine")
		var w running
		require.NoError(t, json.Unmarshal([]byte(h.first), &w))
		require.Equal(t, "1.0.0", w.Version)
		require.Equal(t, "cpu-llm-worker-rbee-v1.0.0-linux", w.Entry)
		require.Equal(t, filepath.Join(h.home, "workers", w.Entry, "cpu-llm-worker-rbee"), w.Path)
		requireHealthy(t, w)
		require.NoError(t, h.Process.Signal(ending))
		h.requireExit(t, exit.Done)
		requireGone(t, w)
		require.True(t, strings.HasSuffix(h.stderr.String(), "hive: stopping\nhive: stopped\n"), "%s", &h.stderr)
		require.Contains(t, h.stderr.String(), "\nworker mine with [--is v1.0.0 --port ",
			"its output, and the argument behind --")
	}
}

func TestAnInterruptedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	h, stdout := launch(t, scene{configuration: sourceOf}, "spawn", "cpu-llm", "--", "--sick")
	require.Eventually(t, func() bool { return strings.Contains(h.stderr.String(), "\nworker v1.0.0 with") }, time.Minute,
		5*time.Millisecond)
	require.NoError(t, h.Process.Signal(os.Interrupt))
	told, err := io.ReadAll(stdout)
	require.NoError(t, err)
	require.Empty(t, told)
	h.requireExit(t, exit.Interrupted)
	require.True(t, strings.HasSuffix(h.stderr.String(), "\nhive: cancelled\n"), "%s", &h.stderr)
	require.Empty(t, h.processes(t))
	workers, err := catalog.NewWorkerCatalogAt(h.home)
	require.NoError(t, err)
	require.NoError(t, workers.Remove(t.Context(), "cpu-llm-worker-rbee-v1.0.0-linux", catalog.LockOptions{}),
		"no lease is left")
}

func TestADeadWorkerEndsSpawnWithItsLastLines(t *testing.T) {
	t.Parallel()
	h := start(t, false, "spawn", "cpu-llm")
	var w running
	require.NoError(t, json.Unmarshal([]byte(h.first), &w))
	_, err := http.Get(w.URL + "/die")
	require.Error(t, err)
	h.requireExit(t, exit.Other)
	require.Contains(t, h.stderr.String(), "somebody wants me to die\n")
	require.Contains(t, h.stderr.String(), "hive: run "+w.ID+": ")
	require.Equal(t, 1, strings.Count(h.stderr.String(), "worker ended"), "%s", &h.stderr)
}

func TestALogThatNobodyReadsAnyMoreDoesNotEndTheHive(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer writer.Close()
	h := startWith(t, scene{configuration: sourceOf, stderr: writer}, "spawn", "cpu-llm")
	var w running
	require.NoError(t, json.Unmarshal([]byte(h.first), &w))
	require.NoError(t, reader.Close())
	_, err = http.Get(w.URL + "/die") // it prints its last words first
	require.Error(t, err)
	h.requireExit(t, exit.Other)
}

func TestALogThatIsStuckHoldsUpNoEnd(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	defer writer.Close()
	h := startWith(t, scene{configuration: sourceOf, stderr: writer}, "spawn", "cpu-llm", "--", "--loud")
	require.NoError(t, h.Process.Signal(syscall.SIGTERM))
	h.requireExit(t, exit.Done)
}

func TestOfflineADamagedWorkerIsTold(t *testing.T) {
	t.Parallel()
	h := start(t, false, "spawn", "cpu-llm")
	var w running
	require.NoError(t, json.Unmarshal([]byte(h.first), &w))
	require.NoError(t, h.Process.Signal(os.Interrupt))
	h.requireExit(t, exit.Done)
	require.NoError(t, os.Truncate(w.Path, 1))

	again := exec.Command("hive", "spawn", "cpu-llm", "--offline")
	again.Env = h.Env
	out, err := again.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "damaged")
	require.Contains(t, string(out), "hive: hint: without --offline it is installed again\n")
}
