package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner/spawn"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// newHive opens a hive in this process, with a GitHub that has workers of v1.0.0 and of these releases; its
// configuration comes too.
func newHive(t *testing.T, tags ...string) (h *hive, configuration string) {
	t.Helper()
	github := githubtest.Start()
	t.Cleanup(github.Close)
	github.Publish(repository, fakeRelease("v1.0.0"))
	for _, tag := range tags {
		github.Publish(repository, fakeRelease(tag))
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "provision.yaml")
	configuration = sourceOf(github.URL(), github.Ports())
	require.NoError(t, os.WriteFile(config, []byte(configuration), 0o600))
	h, err := (&app{cacheDir: filepath.Join(dir, "rbee"), config: config}).openHive()
	require.NoError(t, err)
	return h, configuration
}

func TestAnEntryThatAnotherStartRepairsMeanwhileIsNotInTheWay(t *testing.T) {
	t.Parallel()
	h, _ := newHive(t)
	o := order{Type: catalog.CpuLlm}
	silent := func(narration) {}
	entry, err := h.ensure(t.Context(), o, silent)
	require.NoError(t, err)

	var first worker
	isHarmed := false
	second, err := h.spawn(t.Context(), "second", o, nil, func(n narration) {
		switch {
		case n.Action == "worker_"+string(spawn.ActionStarting) && !isHarmed: // after the entry was looked at
			isHarmed = true
			require.NoError(t, os.Truncate(entry.Worker.Path, 1))
		case n.Action == "worker_repair" && first.Worker == nil:
			first, err = h.spawn(t.Context(), "first", o, nil, silent)
			require.NoError(t, err)
		}
	})
	require.NoError(t, err)
	require.NoError(t, first.Stop(t.Context()))
	require.NoError(t, second.Stop(t.Context()))
}

func TestAnEntryThatIsDamagedWhileInUseIsToldToBe(t *testing.T) {
	t.Parallel()
	h, _ := newHive(t)
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

func TestWhereThePolicyIsToReadEveryByteAFlippedBitIsNotStarted(t *testing.T) {
	t.Parallel()
	h, configuration := newHive(t)
	file := filepath.Join(t.TempDir(), "provision.yaml")
	require.NoError(t, os.WriteFile(file, []byte(configuration+"verify: digest\n"), 0o600))
	closely, err := (&app{cacheDir: h.Catalog().Home(), config: file}).openHive()
	require.NoError(t, err)
	o := order{Type: catalog.CpuLlm}
	entry, err := h.ensure(t.Context(), o, func(narration) {})
	require.NoError(t, err)
	whole, err := os.ReadFile(entry.Worker.Path)
	require.NoError(t, err)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-1] ^= 1
	require.NoError(t, os.WriteFile(entry.Worker.Path, flipped, 0o755))

	var told []string
	w, err := closely.spawn(t.Context(), "worker", o, nil, func(n narration) { told = append(told, n.Action) })
	require.NoError(t, err)
	require.Contains(t, told, "worker_repair")
	now, err := os.ReadFile(entry.Worker.Path)
	require.NoError(t, err)
	require.Equal(t, whole, now)
	require.NoError(t, w.Stop(t.Context()))
}
