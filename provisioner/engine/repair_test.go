package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

func (h *house) repair(id string) (engine.RepairAction, error) {
	return h.Repair(context.Background(), id, nil)
}

func (h *house) requireWhole(t *testing.T) {
	t.Helper()
	for _, c := range h.verify(t) {
		require.Empty(t, c.Problems)
	}
}

func TestRepair_reinstallsTheRecordedRelease(t *testing.T) {
	h, v, id, dir := newTreeHouse(t)
	before, err := h.workers.ReadProvenance(id)
	require.NoError(t, err)
	v.offerScript("2.0.0")
	flip(t, filepath.Join(dir, "lib", "libtwo.so"))
	remedy, err := h.repair(id)
	require.NoError(t, err)
	require.Equal(t, engine.Reinstalled, remedy)
	h.requireWhole(t)
	after, err := h.workers.ReadProvenance(id)
	require.NoError(t, err)
	after.Installed = before.Installed
	require.Equal(t, before, after)
	require.Equal(t, 1, h.workers.Len())

	remedy, err = h.repair(id)
	require.NoError(t, err)
	require.Equal(t, engine.NotNeeded, remedy)
	require.EqualValues(t, 2, v.fetches.Load())
}

func TestRepair_refusesALeasedEntry(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, dir string){
		"flipped": func(t *testing.T, dir string) { flip(t, filepath.Join(dir, "lib", "libtwo.so")) },
		"leftover": func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "log"), nil, 0o644))
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, v, id, dir := newTreeHouse(t)
			harm(t, dir)
			lease, err := h.workers.Lease(id)
			require.NoError(t, err)
			_, err = h.repair(id)
			var leased *catalog.LeasedError
			require.ErrorAs(t, err, &leased)
			require.EqualValues(t, 1, v.fetches.Load())
			require.NoError(t, lease.Release())
			_, err = h.repair(id)
			require.NoError(t, err)
			h.requireWhole(t)
		})
	}
}

func TestRepair_refusesOtherBytesThanRecorded(t *testing.T) {
	v := &fakeVendor{}
	r := v.offerScript("1.0.0")
	r.Integrity, r.Files[0].Digest = catalog.None, ""
	s := source("fake")
	s.Unverified = true
	h := newHouse(t, fakeVendors{"fake": v}, s)
	w := h.provisioned(t).Worker
	require.NoError(t, os.WriteFile(w.Path, []byte("x"), 0o755))
	v.contents["worker-1.0.0"] = []byte("#!/bin/sh\necho other\n")
	_, err := h.repair(w.ID)
	require.Equal(t, provisioner.DigestMismatch, provisioner.KindOf(err), "%v", err)
	require.Contains(t, provisioner.HintOf(err), "provision 'cpu-llm@1.0.0' --force")
	require.Equal(t, "x", content(t, w.Path), "it stays as it was")
}

func TestRepair_buildsAgain(t *testing.T) {
	v := &fakeVendor{}
	r := v.offerScript("1.0.0")
	r.Integrity, r.Files = catalog.Built, nil
	r.Revision = "one"
	v.onFetch = func(_ context.Context, req provisioner.FetchRequest) error {
		return os.WriteFile(filepath.Join(req.Dir, "cpu-llm-worker-rbee"), []byte("#!/bin/sh\n# "+req.Release.Revision),
			0o755)
	}
	v.brought = []string{"cpu-llm-worker-rbee"}
	s := source("fake")
	s.Build = true
	h := newHouse(t, fakeVendors{"fake": v}, s)
	w := h.provisioned(t).Worker
	require.NoError(t, os.Truncate(w.Path, 1))
	v.releases[0].Revision = "two"
	remedy, err := h.repair(w.ID)
	require.NoError(t, err)
	require.Equal(t, engine.Reinstalled, remedy)
	require.Equal(t, "#!/bin/sh\n# two", content(t, w.Path))
	h.requireWhole(t)
}

func TestRepair_reinstallsAPrerelease(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0-rc.1")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	req := linuxCPU
	req.Constraint = catalog.MustConstraint(">= 1.0.0-rc")
	result, err := h.provision(req)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(result.Worker.Path, 1))
	_, err = h.repair(result.Worker.ID)
	require.NoError(t, err)
	p, err := h.workers.ReadProvenance(result.Worker.ID)
	require.NoError(t, err)
	require.Equal(t, ">= 1.0.0-rc", p.Constraint)
}

func TestRepair_keepsAMark(t *testing.T) {
	h, _, id, dir := newTreeHouse(t)
	w, err := h.workers.Get(id)
	require.NoError(t, err)
	w.Status = catalog.Status{State: catalog.Failed, Error: "marked bad: it crashes"}
	require.NoError(t, os.Remove(filepath.Join(dir, catalog.RecordFile)))
	require.NoError(t, h.workers.Add(t.Context(), w))
	flip(t, filepath.Join(dir, "lib", "libtwo.so"))
	_, err = h.repair(id)
	require.NoError(t, err)
	h.requireWhole(t)
	after, err := h.workers.Get(id)
	require.NoError(t, err)
	require.Equal(t, w.Status, after.Status)
}

func TestRepair_manyProcessesFetchOnce(t *testing.T) {
	h, v, id, dir := newTreeHouse(t)
	flip(t, filepath.Join(dir, "lib", "libtwo.so"))
	others := []*house{h, newHouseAt(t, h.home, fakeVendors{"fake": v}, source("fake")),
		newHouseAt(t, h.home, fakeVendors{"fake": v}, source("fake"))}
	var wg sync.WaitGroup
	for _, other := range others {
		wg.Go(func() {
			_, err := other.repair(id)
			require.NoError(t, err)
		})
	}
	wg.Wait()
	require.EqualValues(t, 2, v.fetches.Load())
	h.requireWhole(t)
}

func TestRepair_refusesAForeignEntry(t *testing.T) {
	h := newHouse(t, fakeVendors{})
	require.NoError(t, h.workers.Add(t.Context(), catalog.NewWorkerBinary("foreign", catalog.CpuLlm, catalog.Linux,
		"/nowhere/worker",
		1, "1")))
	_, err := h.repair("foreign")
	require.Equal(t, provisioner.Unverified, provisioner.KindOf(err))
	require.Contains(t, provisioner.HintOf(err), "provision remove foreign")
	_, err = h.repair("none")
	require.ErrorIs(t, err, catalog.ErrNotFound)
}
