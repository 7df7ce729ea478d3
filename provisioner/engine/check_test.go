package engine_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// newCheckingHouse is a house whose sources are asked at most once an hour.
func newCheckingHouse(t *testing.T, vendors fakeVendors, sources ...provisioner.Source) *house {
	t.Helper()
	return newCheckingHouseAt(t, t.TempDir(), vendors, sources...)
}

func newCheckingHouseAt(t *testing.T, home string, vendors fakeVendors, sources ...provisioner.Source) *house {
	t.Helper()
	workers, err := catalog.NewWorkerCatalogAt(home)
	require.NoError(t, err)
	p, err := engine.New(engine.Options{
		Catalog: workers, Vendors: vendors, StateDir: filepath.Join(home, "state"), CheckInterval: time.Hour,
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: sources},
	})
	require.NoError(t, err)
	return &house{Provisioner: p, home: home, workers: workers}
}

func TestProvision_asksASourceOncePerInterval(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newCheckingHouse(t, fakeVendors{"fake": v}, source("fake"))
	asks := func(want int32, change func(*provisioner.Request)) provisioner.Result {
		t.Helper()
		before := v.resolves.Load()
		req := linuxCPU
		change(&req)
		result, err := h.provision(req)
		require.NoError(t, err)
		require.Equal(t, want, v.resolves.Load()-before)
		return result
	}
	plain := func(*provisioner.Request) {}
	asks(1, plain)
	require.Equal(t, []provisioner.Action{provisioner.ActionDone},
		func() []provisioner.Action { asks(0, plain); return h.actions() }())

	v.offerScript("1.1.0")
	require.Equal(t, "1.0.0", asks(0, plain).Worker.Version)
	require.Equal(t, "1.1.0", asks(1, func(r *provisioner.Request) { r.Refresh = true }).Worker.Version)
	asks(0, plain)
	asks(1, func(r *provisioner.Request) { r.Constraint = catalog.MustConstraint("~> 1.0") })
	asks(1, func(r *provisioner.Request) { r.Force = true })

	require.NoError(t, h.workers.Remove("cpu-llm-worker-rbee-v1.1.0-linux"))
	require.Equal(t, "1.1.0", asks(1, plain).Worker.Version, "what was there is missing")
}

func TestProvision_asksAgainAfterAFailedCheck(t *testing.T) {
	good, bad := &fakeVendor{}, &fakeVendor{}
	good.offerScript("1.0.0")
	bad.err = provisioner.Errorf(provisioner.Unreachable, "connection refused")
	h := newCheckingHouse(t, fakeVendors{"good": good, "bad": bad}, source("good"), source("bad"))
	for range 3 {
		result, err := h.provision(linuxCPU)
		require.NoError(t, err)
		require.Contains(t, result.Reason, "connection refused")
	}
	require.EqualValues(t, 1, good.resolves.Load())
	require.EqualValues(t, 3, bad.resolves.Load())
}

func TestProvision_asksAChangedSourceAgain(t *testing.T) {
	good, builder := &fakeVendor{}, &fakeVendor{}
	good.offerScript("1.0.0")
	release := builder.offerScript("2.0.0")
	release.Integrity = catalog.Built
	vendors, s := fakeVendors{"good": good, "builder": builder}, source("builder")
	h := newCheckingHouse(t, vendors, source("good"), s)
	require.Equal(t, "1.0.0", h.provisioned(t).Worker.Version)
	alone := newCheckingHouse(t, vendors, s)
	_, err := alone.Ensure(t.Context(), linuxCPU)
	require.Equal(t, provisioner.Unverified, provisioner.KindOf(err))

	s.Build = true
	h = newCheckingHouseAt(t, h.home, vendors, source("good"), s)
	require.Equal(t, "2.0.0", h.provisioned(t).Worker.Version)
	alone = newCheckingHouseAt(t, alone.home, vendors, s)
	result, err := alone.Ensure(t.Context(), linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "2.0.0", result.Worker.Version)
}

func TestProvision_asksANewSourceAtOnceAndNoOther(t *testing.T) {
	old, added, dead := &fakeVendor{}, &fakeVendor{}, &fakeVendor{err: provisioner.Errorf(provisioner.Unreachable,
		"refused")}
	old.offerScript("1.0.0")
	added.offerScript("1.1.0")
	vendors := fakeVendors{"old": old, "added": added, "dead": dead}
	h := newCheckingHouse(t, vendors, source("dead"), source("old"))
	require.Equal(t, "1.0.0", h.provisioned(t).Worker.Version)
	h = newCheckingHouseAt(t, h.home, vendors, source("dead"), source("old"), source("added"))
	for range 2 {
		result := h.provisioned(t)
		require.Equal(t, "1.1.0", result.Worker.Version)
		require.Contains(t, result.Reason, "refused")
	}
	require.EqualValues(t, 1, old.resolves.Load())
	require.EqualValues(t, 1, added.resolves.Load())
	require.EqualValues(t, 3, dead.resolves.Load())
}

func TestProvision_asksAgainWhileTheNewestIsNotInstalled(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	v.offer("2.0.0", "worker-2", []byte("no executable"))
	h := newCheckingHouse(t, fakeVendors{"fake": v}, source("fake"))
	for i := range int32(4) {
		_, err := h.provision(linuxCPU)
		require.NoError(t, err)
		require.Equal(t, min(i, 1)+1, v.resolves.Load(), "the second time tells that it is known to be of no use")
	}
}

func TestProvision_buildsAgainWhenTheSourceHasChanged(t *testing.T) {
	v := &fakeVendor{volatile: true}
	release := v.offerScript("1.0.0")
	release.Integrity, release.Revision = catalog.Built, "aaaa"
	s := source("fake")
	s.Build = true
	h := newCheckingHouse(t, fakeVendors{"fake": v}, s)
	for i, revision := range []string{"aaaa", "aaaa", "bbbb", "bbbb"} {
		release.Revision = revision
		result, err := h.provision(linuxCPU)
		require.NoError(t, err)
		require.Equal(t, i%2 == 0, result.Installed)
		require.Equal(t, revision, result.Provenance.Revision)
	}
}

func TestEnsure_doesNotAskAFailedSourceAgainAtOnce(t *testing.T) {
	v := &fakeVendor{err: provisioner.Errorf(provisioner.Unreachable, "connection refused")}
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	ensure := func(refresh bool) error {
		req := linuxCPU
		req.Refresh = refresh
		_, err := h.Ensure(t.Context(), req)
		return err
	}
	require.ErrorContains(t, ensure(false), "connection refused")
	for range 3 {
		require.ErrorContains(t, ensure(false), "connection refused; not tried again before")
	}
	require.EqualValues(t, 1, v.resolves.Load())
	_, err := h.provision(linuxCPU)
	require.Error(t, err)
	require.EqualValues(t, 2, v.resolves.Load(), "who asks for the newest is not put off")

	v.err = nil
	require.ErrorContains(t, ensure(true), "offers no release")
	require.ErrorContains(t, ensure(false), "offers no release; not tried again before")
	require.EqualValues(t, 3, v.resolves.Load())

	v.offerScript("1.0.0")
	require.NoError(t, ensure(true))
}

func TestEnsure_doesNotRepeatAFailedInstallation(t *testing.T) {
	v := &fakeVendor{}
	release := v.offerScript("1.0.0")
	release.Integrity = catalog.Built
	s := source("fake")
	s.Build = true
	h := newHouse(t, fakeVendors{"fake": v}, s)
	v.onFetch = func(_ context.Context, _ provisioner.FetchRequest) error {
		return provisioner.Errorf(provisioner.BuildFailed, "the compiler says no")
	}
	for range 3 {
		_, err := h.Ensure(t.Context(), linuxCPU)
		require.Equal(t, provisioner.BuildFailed, provisioner.KindOf(err))
	}
	require.EqualValues(t, 1, v.fetches.Load())
	release.Revision = "changed"
	_, err := h.Ensure(t.Context(), linuxCPU)
	require.Error(t, err)
	require.EqualValues(t, 2, v.fetches.Load())
}

func TestProvision_doesNotReplaceALeasedEntry(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	lease, err := h.workers.Lease(result.Worker.ID)
	require.NoError(t, err)
	defer lease.Release()

	forced := linuxCPU
	forced.Force = true
	_, err = h.provision(forced)
	var leased *catalog.LeasedError
	require.ErrorAs(t, err, &leased)
	require.EqualValues(t, 1, v.fetches.Load(), "that is told before the download")

	v.offerScript("2.0.0")
	result, err = h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "2.0.0", result.Worker.Version, "a newer one is installed beside it")
}

func TestNew_refusesAnInvalidLaunchTemplate(t *testing.T) {
	s := source("fake")
	s.Launch = &catalog.Launch{Args: []string{"{prot}"}}
	workers, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	_, err = engine.New(engine.Options{Catalog: workers, Vendors: fakeVendors{},
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: {s}}})
	require.ErrorContains(t, err, "unknown placeholder {prot}")
	require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
}

func TestProvision_followsAVolatileSourceBackToAnOlderVersion(t *testing.T) {
	v := &fakeVendor{volatile: true}
	s := source("fake")
	s.Build, s.Prerelease = true, true
	h := newCheckingHouse(t, fakeVendors{"fake": v}, s)
	offer := func(version string) {
		v.releases = nil
		release := v.offerScript(version)
		release.Integrity, release.Revision = catalog.Built, version
	}
	installed := func() string {
		have, err := h.Installed(t.Context(), linuxCPU)
		require.NoError(t, err)
		return have.Worker.Version
	}
	for _, version := range []string{"1.4.0", "1.4.1-dev.1", "1.4.1-dev.2+g1a.dirty", "1.4.1-dev.2+g1a", "1.4.0"} {
		offer(version)
		plan, err := h.Resolve(t.Context(), linuxCPU)
		require.NoError(t, err)
		require.Equal(t, version, plan.Chosen.Version)
		result, err := h.provision(linuxCPU)
		require.NoError(t, err)
		require.Equal(t, version, result.Worker.Version)
		require.Equal(t, version, installed())
	}
	require.EqualValues(t, 4, v.fetches.Load(), "1.4.0 was still there")

	// A source that refuses a version still has it, and one that does not answer may.
	v.releases, v.refused = nil, []provisioner.Rejection{{Version: "1.4.0", Kind: provisioner.NotFound, Reason: "not now"}}
	v.offerScript("1.3.0").Integrity = catalog.Built
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.4.0", installed())
	v.err = provisioner.Errorf(provisioner.NotFound, "no such folder")
	_, err = h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.4.0", installed())
}

func TestProvision_keepsTheNewerBuildWhenTheOlderOneFails(t *testing.T) {
	v := &fakeVendor{volatile: true}
	s := source("fake")
	s.Build = true
	h := newCheckingHouse(t, fakeVendors{"fake": v}, s)
	v.offerScript("2.0.0").Integrity = catalog.Built
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)
	v.releases = nil
	v.offerScript("1.0.0").Integrity = catalog.Built
	v.onFetch = func(context.Context, provisioner.FetchRequest) error {
		return provisioner.Errorf(provisioner.BuildFailed, "syntax error")
	}
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "2.0.0", result.Worker.Version)
	require.Contains(t, result.Reason, "syntax error")
}

func TestEnsure_asksOnlyTheVolatileSourceOfWhatIsInstalled(t *testing.T) {
	folder, other := &fakeVendor{volatile: true}, &fakeVendor{}
	release := folder.offerScript("1.0.0")
	release.Integrity, release.Revision = catalog.Built, "aaaa"
	s := source("folder")
	s.Build = true
	h := newCheckingHouse(t, fakeVendors{"folder": folder, "other": other}, source("other"), s)
	for i, revision := range []string{"aaaa", "aaaa", "bbbb", "bbbb"} {
		release.Revision = revision
		result, err := h.Ensure(t.Context(), linuxCPU)
		require.NoError(t, err)
		require.Equal(t, i%2 == 0, result.Installed)
	}
	require.EqualValues(t, 1, other.resolves.Load(), "at first, when nothing was installed")

	folder.err = provisioner.Errorf(provisioner.NotFound, "no such folder")
	result, err := h.Ensure(t.Context(), linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version, "it goes on serving")
	offline := linuxCPU
	offline.Offline = true
	asked := folder.resolves.Load()
	_, err = h.Ensure(t.Context(), offline)
	require.NoError(t, err)
	require.Equal(t, asked, folder.resolves.Load())
}

func TestProvision_recordsTheRevisionThatWasBuilt(t *testing.T) {
	v := &fakeVendor{volatile: true, details: map[string]string{provisioner.RevisionDetail: "bbbb"}}
	release := v.offerScript("1.0.0")
	release.Integrity, release.Revision = catalog.Built, "aaaa"
	s := source("fake")
	s.Build = true
	h := newCheckingHouse(t, fakeVendors{"fake": v}, s)
	for range 2 { // it changed between question and build, and then back
		result, err := h.provision(linuxCPU)
		require.NoError(t, err)
		require.True(t, result.Installed)
		require.Equal(t, "bbbb", result.Provenance.Revision)
	}
}
