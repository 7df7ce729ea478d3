package engine_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

// newFallbackHouse has a source that can't be reached and a fallback that offers 0.1.0.
func newFallbackHouse(t *testing.T) (h *house, real, fallback *fakeVendor) {
	t.Helper()
	real = &fakeVendor{err: provisioner.Errorf(provisioner.Unreachable, "no route to host")}
	fallback = &fakeVendor{}
	fallback.offerScript("0.1.0")
	last := source("last")
	last.Fallback = true
	return newHouse(t, fakeVendors{"real": real, "last": fallback}, source("real"), last), real, fallback
}

func TestProvision_fallbackServesUntilARealWorkerIsAvailable(t *testing.T) {
	h, real, fallback := newFallbackHouse(t)
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.True(t, result.Fallback)
	require.Equal(t, "real: no route to host", result.Reason)
	require.Contains(t, h.actions(), provisioner.ActionFallback)

	again, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.False(t, again.Installed)
	require.True(t, again.Fallback)
	require.EqualValues(t, 1, fallback.fetches.Load())

	real.err = nil
	real.offerScript("0.0.9") // older than the fallback by number, and yet the real one
	result, err = h.provision(linuxCPU)
	require.NoError(t, err)
	require.False(t, result.Fallback)
	require.Equal(t, "0.0.9", result.Worker.Version)

	installed, err := h.Installed(t.Context(), linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "0.0.9", installed.Worker.Version)
}

func TestProvision_doesNotAskTheFallbackIfASourceYieldsAWorker(t *testing.T) {
	h, real, fallback := newFallbackHouse(t)
	real.err = nil
	real.offerScript("1.0.0")
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Zero(t, fallback.resolves.Load())
}

func TestProvision_doesNotAskTheFallbackIfAWorkerIsInstalled(t *testing.T) {
	h, real, fallback := newFallbackHouse(t)
	real.err = nil
	real.offerScript("1.0.0")
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)
	real.err = provisioner.Errorf(provisioner.Unreachable, "no route to host")

	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
	require.Equal(t, "there may be a newer one: real: no route to host", result.Reason)
	require.Zero(t, fallback.resolves.Load())
}

func TestProvision_strictRefusesAnInstalledFallback(t *testing.T) {
	h, _, _ := newFallbackHouse(t)
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)

	strict := linuxCPU
	strict.Strict = true
	_, err = h.provision(strict)
	require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err))
	_, err = h.Installed(t.Context(), strict)
	require.Equal(t, provisioner.NotFound, provisioner.KindOf(err))
}

func TestProvision_reportsEveryReasonWithoutACandidate(t *testing.T) {
	h, _, fallback := newFallbackHouse(t)
	fallback.err = provisioner.Errorf(provisioner.MissingTool, "there is no go").WithHint("install Go")

	_, err := h.provision(linuxCPU)
	require.EqualError(t, err,
		"no worker for cpu-llm on linux/amd64\n  real: no route to host\n  last: there is no go (install Go)")
	require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err), "the first source's")
}

func TestProvision_reportsTheEndOfARateLimitAsATime(t *testing.T) {
	limited := provisioner.Errorf(provisioner.RateLimited, "rate limit exceeded")
	limited.RetryAt = time.Now().Add(20 * time.Minute)
	h := newHouse(t, fakeVendors{"fake": &fakeVendor{err: limited}}, source("fake"))
	_, err := h.provision(linuxCPU)
	want := limited.RetryAt.Round(0).UTC()
	require.Equal(t, want, provisioner.RetryAtOf(err))
	var told []provisioner.Action
	for _, e := range h.events {
		if !e.RetryAt.IsZero() {
			require.Equal(t, want, e.RetryAt)
			told = append(told, e.Action)
		}
	}
	require.Equal(t, []provisioner.Action{provisioner.ActionSkip, provisioner.ActionFailed}, told)
	data, err := json.Marshal(h.events[len(h.events)-1])
	require.NoError(t, err)
	require.Contains(t, string(data), `"retry_at":"`+want.Format(time.RFC3339Nano)+`"`)
}
