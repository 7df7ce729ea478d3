package engine_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestOnEvent_mayMakeRequests(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	var joined, after []provisioner.Result
	ask := func(results *[]provisioner.Result, req provisioner.Request) {
		result, err := h.Ensure(t.Context(), req)
		require.NoError(t, err)
		*results = append(*results, result)
	}
	req := linuxCPU
	req.OnEvent = func(e provisioner.Event) {
		if e.Action.IsTerminal() {
			forced := linuxCPU
			forced.Force = true
			ask(&after, linuxCPU)
			ask(&after, forced)
		} else if len(joined) == 0 {
			ask(&joined, linuxCPU)
		}
	}
	_, err := h.Ensure(t.Context(), req)
	require.NoError(t, err)
	require.Len(t, joined, 1)
	require.Len(t, after, 2)
	require.EqualValues(t, 2, v.fetches.Load(), "the first of all, and the forced one")
}

func TestOnEvent_mayEndItsGoroutine(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	req := linuxCPU
	last := provisioner.Event{}
	req.OnEvent = func(e provisioner.Event) {
		last = e
		runtime.Goexit() // as a test that fails does
	}
	_, err := h.Provision(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, provisioner.ActionDone, last.Action)
}

func TestOnEvent_panicReachesTheProgram(t *testing.T) {
	if os.Getenv("PROVISION_TEST_PANIC") != "" {
		v := &fakeVendor{}
		h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
		req := linuxCPU
		req.OnEvent = func(provisioner.Event) { panic("the receiver is broken") }
		_, _ = h.Provision(t.Context(), req)
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "PROVISION_TEST_PANIC=1", "TMPDIR="+dir, "TMP="+dir)
	output, err := child.CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v", err)
	require.NotZero(t, exit.ExitCode())
	require.Contains(t, string(output), "panic: the receiver is broken")
}

// A vendor in this process may go on telling after its Fetch.
func TestOnEvent_receivesNothingAfterTheTerminalEvent(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	var late func()
	v.onFetch = func(_ context.Context, req provisioner.FetchRequest) error {
		late = func() { req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: "worker", Done: 1}) }
		return nil
	}
	var events []provisioner.Event
	req := linuxCPU
	req.OnEvent = func(e provisioner.Event) {
		events = append(events, e)
		if e.Action.IsTerminal() {
			late()
		}
	}
	_, err := h.Provision(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, provisioner.ActionDone, events[len(events)-1].Action)
	require.Equal(t, catalog.CpuLlm, events[0].Type)
}
