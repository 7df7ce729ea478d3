package engine

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestPausesGrowAndEnd(t *testing.T) {
	slow, quick := 4*time.Second, time.Millisecond
	unreachable := provisioner.Errorf(provisioner.Unreachable, "dial: timeout")

	first := pause{}.next(slow, unreachable)
	require.True(t, first.Slow)
	require.InDelta(t, firstPause, first.Length, float64(firstPause)/8)
	second := first.next(slow, unreachable)
	require.Greater(t, second.Length, first.Length)
	capped := pause{Length: longestPause}.next(slow, unreachable)
	require.LessOrEqual(t, capped.Length, longestPause)
	require.False(t, first.next(quick, unreachable).Slow)

	limited := provisioner.Errorf(provisioner.RateLimited, "rate limit exceeded")
	limited.RetryAt = time.Now().Add(30 * time.Minute)
	until := first.next(quick, limited).Until
	require.WithinRange(t, until, limited.RetryAt, limited.RetryAt.Add(time.Minute))
	require.NotEqual(t, until, first.next(quick, limited).Until, "a fleet does not come back at one moment")
}

func TestARateLimitOfHoursIsNoWrongClock(t *testing.T) {
	limited := provisioner.Errorf(provisioner.RateLimited, "rate limit exceeded")
	limited.RetryAt = time.Now().Add(3 * time.Hour)
	workers, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	p, err := New(Options{Catalog: workers, Vendors: &deadVendor{}, StateDir: t.TempDir()})
	require.NoError(t, err)
	op := newOperation(p, provisioner.Request{Type: catalog.CpuLlm, Platform: catalog.Linux})
	op.patient = true
	s := provisioner.Source{Vendor: "dead", Key: "dead"}
	op.noteAnswer(s, time.Millisecond, limited)
	require.ErrorContains(t, op.paused(op.sourcePause(s), longestPause), "rate limit exceeded; not tried again before")
}

// deadVendor counts how often it is asked, and can't be reached.
type deadVendor struct {
	provisioner.VendorSource
	asked int
}

func (v *deadVendor) Open(context.Context, string, provisioner.Folders) (provisioner.Vendor, error) {
	return v, nil
}
func (v *deadVendor) Close() error { return nil }
func (v *deadVendor) Resolve(context.Context, provisioner.Query) (provisioner.Resolution, error) {
	v.asked++
	return provisioner.Resolution{}, provisioner.Errorf(provisioner.Unreachable, "connection refused")
}

func TestAPausedSourceIsNotAskedUnlessRefreshedOrReconfigured(t *testing.T) {
	home := t.TempDir()
	workers, err := catalog.NewWorkerCatalogAt(home)
	require.NoError(t, err)
	v := &deadVendor{}
	sources := []provisioner.Source{{Vendor: "dead", Key: "dead"}}
	p, err := New(Options{Catalog: workers, Vendors: v, StateDir: filepath.Join(home, "state"),
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: sources}})
	require.NoError(t, err)
	req := provisioner.Request{Type: catalog.CpuLlm, Platform: catalog.Linux}
	ask := func() error { _, err := p.Provision(context.Background(), req); return err }

	timeout := func() {
		newOperation(p, req).noteAnswer(sources[0], time.Minute, provisioner.Errorf(provisioner.Unreachable, "i/o timeout"))
	}

	timeout()
	err = ask()
	require.ErrorContains(t, err, "i/o timeout; not tried again before")
	require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err))
	require.Zero(t, v.asked)

	req.Refresh = true
	require.ErrorContains(t, ask(), "connection refused")
	require.Equal(t, 1, v.asked)
	req.Refresh = false
	require.Error(t, ask())
	require.Equal(t, 2, v.asked, "an answer that came at once ends the pause")

	timeout()
	sources[0].With = []byte(`{"repo":"other/one"}`)
	require.Error(t, ask())
	require.Equal(t, 3, v.asked, "another configuration is asked")

	timeout()
	file := newOperation(p, req).sourcePause(sources[0])
	require.FileExists(t, file)
	remember(file, pause{Until: time.Now().AddDate(50, 0, 0), Length: time.Minute, Slow: true, Kind: provisioner.Unreachable})
	require.Error(t, ask())
	require.Equal(t, 4, v.asked, "a pause that a wrong clock made far too long does not count")
}
