package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

// addForeign adds a worker that another program might have installed.
func addForeign(t *testing.T, workers *catalog.WorkerCatalog, version string) string {
	t.Helper()
	id := catalog.ID{
		Type: catalog.CpuLlm, Version: catalog.MustVersion(version),
		Platform: catalog.Current(), Arch: catalog.CurrentArch(),
	}.String()
	dir, err := workers.EntryDir(id)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	path := filepath.Join(dir, "worker")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755))
	require.NoError(t, workers.Add(t.Context(), catalog.NewWorkerBinary(id, catalog.CpuLlm, catalog.Current(), path, 10,
		version)))
	return id
}

func TestWait_isReportedAndEndsWithTheFirstSignal(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	workers, err := catalog.NewWorkerCatalogAt(home)
	require.NoError(t, err)
	addForeign(t, workers, "1.0.0")
	id := addForeign(t, workers, "2.0.0")
	lock, err := workers.Lock(t.Context(), id, catalog.LockOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, lock.Release()) }) // once the others have ended
	for name, args := range map[string][]string{
		"mark": {"mark", id, "--bad"}, "rollback": {"rollback", "cpu-llm"}, "remove": {"remove", id},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), "provision", args...)
			cmd.Env = []string{"RBEE_CACHE_DIR=" + home, "HOME=" + home, "PATH=" + os.Getenv("PATH")}
			stderr, err := cmd.StderrPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			lines := bufio.NewReader(stderr)
			line, err := lines.ReadString('\n')
			require.NoError(t, err)
			require.Regexp(t, `^provision: waiting for process \d+, which works on `+regexp.QuoteMeta(id)+`\n$`, line)
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			rest, err := io.ReadAll(lines)
			require.NoError(t, err)
			require.Equal(t, "provision: cancelled\n", string(rest))
			require.Error(t, cmd.Wait())
			require.Equal(t, 143, cmd.ProcessState.ExitCode())
		})
	}
}
