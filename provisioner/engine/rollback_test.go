package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

func TestRollback_previousServesUntilANewerRelease(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	h.provisioned(t)
	_, _, err := h.Rollback(t.Context(), linuxCPU, "")
	require.Equal(t, provisioner.NotFound, provisioner.KindOf(err))
	require.Equal(t, "1.0.0", h.provisioned(t).Worker.Version, "nothing was marked")

	v.offerScript("2.0.0")
	require.Equal(t, "2.0.0", h.provisioned(t).Worker.Version)
	bad, serving, err := h.Rollback(t.Context(), linuxCPU, "it crashes")
	require.NoError(t, err)
	require.Equal(t, "2.0.0", bad.Worker.Version)
	require.Equal(t, "1.0.0", serving.Worker.Version)

	require.Equal(t, "1.0.0", h.provisioned(t).Worker.Version)
	ensured, err := h.Ensure(context.Background(), linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", ensured.Worker.Version)
	require.EqualValues(t, 2, v.fetches.Load(), "the marked one is not fetched again")

	v.offerScript("3.0.0")
	require.Equal(t, "3.0.0", h.provisioned(t).Worker.Version)
}

func TestProvision_reportsAReleaseThatIsMarkedBad(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	id := h.provisioned(t).Worker.ID
	require.NoError(t, h.workers.MarkBad(t.Context(), id, "it crashes", nil))

	_, err := h.provision(linuxCPU)
	require.Equal(t, provisioner.MarkedBad, provisioner.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "marked bad: it crashes")
	plan, err := h.Resolve(context.Background(), linuxCPU)
	require.Error(t, err)
	require.Equal(t, provisioner.MarkedBad, plan.Candidates[0].Kind)

	forced := linuxCPU
	forced.Force = true
	result, err := h.provision(forced)
	require.NoError(t, err)
	require.Equal(t, catalog.Available, result.Worker.Status.State)
	require.Equal(t, id, h.provisioned(t).Worker.ID)
}

func TestProvision_replacesABadBuildWhenItsSourceHasChanged(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0").Revision = "one"
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	id := h.provisioned(t).Worker.ID
	require.NoError(t, h.workers.MarkBad(t.Context(), id, "", nil))
	v.releases[0].Revision = "two"
	require.Equal(t, "two", h.provisioned(t).Provenance.Revision)
}

func TestRepair_keepsTheMarkOfADamagedRecord(t *testing.T) {
	h, _, id, dir := newTreeHouse(t)
	require.NoError(t, h.workers.MarkBad(t.Context(), id, "it crashes", nil))
	file := filepath.Join(dir, catalog.RecordFile)
	require.NoError(t, os.Truncate(file, int64(len(content(t, file)))-5))
	remedy, err := h.repair(id)
	require.NoError(t, err)
	require.Equal(t, engine.Mended, remedy)
	w, err := h.workers.Get(id)
	require.NoError(t, err)
	require.Equal(t, catalog.BadStatus("it crashes"), w.Status)
}

func TestInstalled_reportsThatOnlyABadWorkerFits(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	id := h.provisioned(t).Worker.ID
	require.NoError(t, h.workers.MarkBad(t.Context(), id, "it crashes", nil))
	_, err := h.Installed(t.Context(), linuxCPU)
	require.Equal(t, provisioner.NotFound, provisioner.KindOf(err))
	require.ErrorContains(t, err, "is installed but "+id+", which is marked bad: it crashes")
	require.Contains(t, provisioner.HintOf(err), "`provision mark "+id+" --good` removes the mark")

	newer := linuxCPU
	newer.Constraint = catalog.MustConstraint(">=2")
	_, err = h.Installed(t.Context(), newer)
	require.NotContains(t, err.Error(), "marked bad")
	require.NotContains(t, provisioner.HintOf(err), "provision mark")
}
