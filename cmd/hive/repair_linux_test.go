package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// newHive opens a hive in this process, with a GitHub that has workers.
func newHive(t *testing.T) *hive {
	t.Helper()
	github := githubtest.Start()
	t.Cleanup(github.Close)
	github.Publish(repository, fakeRelease("v1.0.0"))
	dir := t.TempDir()
	config := filepath.Join(dir, "provision.yaml")
	require.NoError(t, os.WriteFile(config, []byte(sourceOf(github.URL(), github.Ports())), 0o600))
	h, err := (&app{cacheDir: filepath.Join(dir, "rbee"), config: config}).openHive()
	require.NoError(t, err)
	return h
}

func TestAnEntryThatAnotherStartRepairsMeanwhileIsNotInTheWay(t *testing.T) {
	t.Parallel()
	h := newHive(t)
	o := order{Type: catalog.CpuLlm}
	silent := func(narration) {}
	entry, err := h.ensure(t.Context(), o, silent)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(entry.Worker.Path, 1))

	var first worker
	second, err := h.spawn(t.Context(), "second", o, nil, func(n narration) {
		if n.Action != "worker_repair" || first.Worker != nil {
			return
		}
		first, err = h.spawn(t.Context(), "first", o, nil, silent)
		require.NoError(t, err)
	})
	require.NoError(t, err)
	require.NoError(t, first.Stop(t.Context()))
	require.NoError(t, second.Stop(t.Context()))
}

func TestAnEntryThatIsDamagedWhileInUseIsToldToBe(t *testing.T) {
	t.Parallel()
	h := newHive(t)
	o := order{Type: catalog.CpuLlm}
	silent := func(narration) {}
	first, err := h.spawn(t.Context(), "first", o, nil, silent)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(first.entry.Worker.Path, 1))
	_, err = h.spawn(t.Context(), "second", o, nil, silent)
	var leased *catalog.LeasedError
	require.ErrorAs(t, err, &leased)
	require.Equal(t, []int{first.Info().PID}, leased.PIDs)
	require.NoError(t, first.Stop(t.Context()))
}
