package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/internal/backoff"
)

func TestEnsure_waitsForARateLimitOfHours(t *testing.T) {
	limited := provisioner.Errorf(provisioner.RateLimited, "rate limit exceeded")
	limited.RetryAt = time.Now().Add(3 * time.Hour)
	workers, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	p, err := New(Options{Catalog: workers, Vendors: &deadVendor{}, StateDir: t.TempDir()})
	require.NoError(t, err)
	op := newOperation(p, provisioner.Request{Type: catalog.CpuLlm, Platform: catalog.Linux})
	op.backoffAll = true
	s := provisioner.Source{Vendor: "dead", Key: "dead"}
	op.recordAnswer(s, time.Millisecond, limited)
	require.ErrorContains(t, op.paused(op.sourcePause(s), backoff.SourceLimit),
		"rate limit exceeded; not tried again before")
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

func (v *deadVendor) Confinement() provisioner.Confinement { return provisioner.Confinement{} }
func (v *deadVendor) Resolve(context.Context, provisioner.Query) (provisioner.Resolution, error) {
	v.asked++
	return provisioner.Resolution{}, provisioner.Errorf(provisioner.Unreachable, "connection refused")
}

func TestProvision_asksAPausedSourceOnlyWhenRefreshedOrReconfigured(t *testing.T) {
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
		newOperation(p, req).recordAnswer(sources[0], time.Minute, provisioner.Errorf(provisioner.Unreachable, "i/o timeout"))
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
	require.FileExists(t, string(file))
	require.NoError(t, os.WriteFile(string(file), fmt.Appendf(nil,
		`{"until":%q,"length_ns":60000000000,"slow":true,"kind":"unreachable"}`,
		time.Now().AddDate(50, 0, 0).Format(time.RFC3339)), 0o600))
	require.Error(t, ask())
	require.Equal(t, 4, v.asked, "a pause that a wrong clock made far too long does not count")
}
