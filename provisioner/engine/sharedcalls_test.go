package engine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// gate holds up a vendor's Fetch, which reports progress all the time, until it is opened or the context is done.
type gate struct{ entered, open chan struct{} }

func newGate(v *fakeVendor) gate {
	g := gate{make(chan struct{}, 100), make(chan struct{})}
	v.onFetch = func(ctx context.Context, req provisioner.FetchRequest) error {
		g.entered <- struct{}{}
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-g.open:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker.C:
				req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: "worker", Done: 1, Total: 2})
			}
		}
	}
	return g
}

// caller is one who asks for a worker, and keeps what it is told.
type caller struct {
	cancel context.CancelFunc
	heard  chan struct{} // closed at the first event
	ended  chan struct{} // closed when the call has returned
	result provisioner.Result
	err    error
	events []provisioner.Event
}

func (h *house) call(t *testing.T) *caller {
	ctx, cancel := context.WithCancel(t.Context())
	c := &caller{cancel: cancel, heard: make(chan struct{}), ended: make(chan struct{})}
	t.Cleanup(cancel)
	req := linuxCPU
	req.OnEvent = func(e provisioner.Event) {
		if c.events = append(c.events, e); len(c.events) == 1 {
			close(c.heard)
		}
	}
	go func() {
		defer close(c.ended)
		c.result, c.err = h.Ensure(ctx, req)
	}()
	return c
}

// requireOneEnd checks that what was told is of one operation, which ended once.
func (c *caller) requireOneEnd(t *testing.T, action provisioner.Action) {
	t.Helper()
	for i, e := range c.events {
		require.Equal(t, c.events[0].Operation, e.Operation)
		require.Equal(t, catalog.CpuLlm, e.Type)
		require.Equal(t, i == len(c.events)-1, e.Action.IsTerminal())
	}
	require.Equal(t, action, c.events[len(c.events)-1].Action)
}

func TestEnsure_equalRequestsShareOneOperation(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	g := newGate(v)
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	callers := make([]*caller, 50)
	for i := range callers {
		callers[i] = h.call(t)
	}
	for _, c := range callers {
		<-c.heard
	}
	close(g.open)
	for _, c := range callers {
		<-c.ended
		require.NoError(t, c.err)
		require.Equal(t, "cpu-llm-worker-rbee-v1.0.0-linux", c.result.Worker.ID)
		c.requireOneEnd(t, provisioner.ActionDone)
	}
	require.EqualValues(t, 1, v.fetches.Load())
	require.EqualValues(t, 1, v.resolves.Load())
}

func TestEnsure_cancellingOneRequestAffectsNoOther(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	g := newGate(v)
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	first, second := h.call(t), h.call(t)
	<-first.heard
	<-second.heard
	<-g.entered
	first.cancel()
	<-first.ended
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(first.err))
	first.requireOneEnd(t, provisioner.ActionCancelled)
	close(g.open)
	<-second.ended
	require.NoError(t, second.err)
	second.requireOneEnd(t, provisioner.ActionDone)
}

func TestEnsure_cancellingTheLastRequestEndsTheOperation(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	g := newGate(v)
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	first, second := h.call(t), h.call(t)
	<-first.heard
	<-second.heard
	<-g.entered
	for _, c := range []*caller{first, second} {
		c.cancel()
		<-c.ended
		require.Equal(t, provisioner.Cancelled, provisioner.KindOf(c.err))
		c.requireOneEnd(t, provisioner.ActionCancelled)
	}
	h.requireUntouched(t)

	close(g.open)
	again := h.call(t)
	<-again.ended
	require.NoError(t, again.err)
}

func TestOnEvent_slowReceiverDelaysNobody(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	installed := make(chan struct{})
	v.onFetch = func(_ context.Context, req provisioner.FetchRequest) error {
		for i := range int64(100_000) {
			req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: "worker", Done: i})
		}
		return nil
	}
	var events []provisioner.Event
	req := linuxCPU
	req.OnEvent = func(e provisioner.Event) {
		events = append(events, e)
		if len(events) == 1 {
			<-installed
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := h.Provision(t.Context(), req)
		require.NoError(t, err)
	})
	require.Eventually(t, func() bool { return h.workers.Len() == 1 }, 10*time.Second, time.Millisecond)
	close(installed)
	wg.Wait()
	require.Less(t, len(events), 100, "progress that waits is replaced by newer")
	require.Equal(t, provisioner.ActionDone, events[len(events)-1].Action)
}
