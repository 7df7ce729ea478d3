package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

func TestEnsure_reinstallsADamagedEntry(t *testing.T) {
	for name, ask := range map[string]func(*house, provisioner.Request) (provisioner.Result, error){
		"provision": func(h *house, req provisioner.Request) (provisioner.Result, error) {
			return h.Provision(t.Context(), req)
		},
		"ensure": func(h *house, req provisioner.Request) (provisioner.Result, error) { return h.Ensure(t.Context(), req) },
	} {
		t.Run(name, func(t *testing.T) {
			h, v, id, dir := newTreeHouse(t)
			for _, harm := range []func() error{
				func() error { return os.Truncate(filepath.Join(dir, "lib", "libtwo.so"), 1) },
				func() error { return os.Remove(filepath.Join(dir, "lib", "libone.so.1")) },
				func() error {
					return os.WriteFile(filepath.Join(dir, "bin", "cpu-llm-worker-rbee"), []byte("no script, but 23 bytes"), 0o755)
				},
			} {
				require.NoError(t, harm())
				before := v.fetches.Load()
				result, err := ask(h, linuxCPU)
				require.NoError(t, err)
				require.Equal(t, id, result.Worker.ID)
				require.True(t, result.Installed)
				require.Equal(t, before+1, v.fetches.Load())
				h.requireWhole(t)
			}
		})
	}
}

func TestInstalled_findsFlippedBitsOnlyByDigest(t *testing.T) {
	h, v, _, dir := newTreeHouse(t)
	flip(t, filepath.Join(dir, "lib", "libtwo.so"))
	_, err := h.Ensure(t.Context(), linuxCPU)
	require.NoError(t, err)
	require.EqualValues(t, 1, v.fetches.Load())
	closely := linuxCPU
	closely.Verify = provisioner.VerifyDigest
	_, err = h.Installed(t.Context(), closely)
	require.Equal(t, provisioner.BadPayload, provisioner.KindOf(err))
	_, err = h.Ensure(t.Context(), closely)
	require.NoError(t, err)
	require.EqualValues(t, 2, v.fetches.Load())
	h.requireWhole(t)
	_, err = h.Installed(t.Context(), closely)
	require.NoError(t, err)

	closely.Verify = "by ear"
	_, err = h.Installed(t.Context(), closely)
	require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
}

func TestOptions_verifyLevelAppliesToEveryRequest(t *testing.T) {
	h, v, _, dir := newTreeHouse(t)
	p, err := engine.New(engine.Options{
		Catalog: h.workers, Vendors: fakeVendors{"fake": v}, Verify: provisioner.VerifyDigest,
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: {source("fake")}},
	})
	require.NoError(t, err)
	require.Equal(t, provisioner.VerifyDigest, p.VerifyLevel())
	flip(t, filepath.Join(dir, "lib", "libtwo.so"))
	_, err = p.Ensure(t.Context(), linuxCPU)
	require.NoError(t, err)
	h.requireWhole(t)
}

func TestProvision_neverReturnsADamagedEntry(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	h.provisioned(t)
	v.offerScript("2.0.0")
	newer := h.provisioned(t).Worker
	require.NoError(t, os.Truncate(newer.Path, 1))
	v.err = provisioner.Errorf(provisioner.Unreachable, "no network")

	// The one before serves, and it is told why.
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
	i := slices.IndexFunc(h.events, func(e provisioner.Event) bool { return e.Action == provisioner.ActionWarn })
	require.GreaterOrEqual(t, i, 0)
	require.Contains(t, h.events[i].Message, newer.ID+`" is damaged`)

	only := linuxCPU
	only.Constraint = catalog.MustConstraint("2.0.0")
	_, err = h.Installed(t.Context(), only)
	require.Equal(t, provisioner.BadPayload, provisioner.KindOf(err))
	require.Contains(t, provisioner.HintOf(err), "installs it again")
	only.Offline = true
	_, err = h.provision(only)
	require.Equal(t, provisioner.BadPayload, provisioner.KindOf(err))
	require.Contains(t, provisioner.HintOf(err), "--offline")
}

func TestInstalled_readsAnEntryAgainThatIsBeingReplaced(t *testing.T) {
	h, v, _, _ := newTreeHouse(t)
	done := make(chan error, 1)
	go func() {
		req := linuxCPU
		req.Force = true
		for range 30 {
			if _, err := h.Provision(context.Background(), req); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	other := newHouseAt(t, h.home, fakeVendors{"fake": v}, source("fake"))
	for running := true; running; {
		select {
		case err := <-done:
			require.NoError(t, err)
			running = false
		default:
			_, err := other.Installed(t.Context(), linuxCPU)
			require.NoError(t, err)
		}
	}
	require.EqualValues(t, 31, v.fetches.Load())
}
