package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

func TestProvision_installsTheNewestRelease(t *testing.T) {
	v := &fakeVendor{}
	for _, version := range []string{"1.9.0", "1.10.0", "1.2.0"} {
		v.offerScript(version)
	}
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))

	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "cpu-llm-worker-rbee-v1.10.0-linux", result.Worker.ID)
	require.True(t, result.Installed)
	require.Equal(t, filepath.Join(h.home, "workers", result.Worker.ID, "cpu-llm-worker-rbee"), result.Worker.Path)
	require.Equal(t, "#!/bin/sh\necho 1.10.0\n", content(t, result.Worker.Path))
	require.Equal(t, digestOf([]byte("#!/bin/sh\necho 1.10.0\n")), result.Digest())
	require.Equal(t, []provisioner.Action{
		provisioner.ActionResolve, provisioner.ActionFetch, provisioner.ActionProgress, provisioner.ActionUnpack,
		provisioner.ActionInstall, provisioner.ActionDone,
	}, h.actions())
	staged, err := os.ReadDir(filepath.Join(h.home, "staging"))
	require.NoError(t, err)
	require.Empty(t, staged)
}

func TestProvision_recordsProvenanceWithoutSecrets(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)

	p, err := h.workers.ReadProvenance(result.Worker.ID)
	require.NoError(t, err)
	require.Equal(t, "fake {}", p.Source)
	require.Equal(t, "v1.0.0", p.Tag)
	require.Equal(t, catalog.Published, p.Integrity)
	require.Equal(t, "cpu-llm-worker-rbee", p.Executable)
	require.Equal(t, []catalog.BroughtFile{{Name: "worker-1.0.0", Size: 21,
		Digest: digestOf([]byte("#!/bin/sh\necho 1.0.0\n"))}}, p.Brought)
	require.Equal(t, map[string]string{
		"url": "https://example.org/worker", "command": "git clone https://example.org/x.git", "scp": "example.org:x.git",
	}, p.Details)
}

func TestProvision_secondRunFetchesNothing(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	first, err := h.provision(linuxCPU)
	require.NoError(t, err)

	second, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.False(t, second.Installed)
	require.Equal(t, first.Worker.Path, second.Worker.Path)
	require.EqualValues(t, 1, v.fetches.Load())
}

func TestProvision_installsANewerReleaseBesideTheOld(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	old, err := h.provision(linuxCPU)
	require.NoError(t, err)
	v.offerScript("1.1.0")

	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.1.0", result.Worker.Version)
	require.FileExists(t, old.Worker.Path)
}

func TestProvision_respectsTheConstraint(t *testing.T) {
	v := &fakeVendor{}
	for _, version := range []string{"1.2.5", "1.3.0", "2.0.0"} {
		v.offerScript(version)
	}
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)

	req := linuxCPU
	req.Constraint = catalog.MustConstraint("~> 1.2.0")
	result, err := h.provision(req)
	require.NoError(t, err)
	require.Equal(t, "1.2.5", result.Worker.Version)
}

func TestProvision_wrongDigestIsFatalAndLeavesNothing(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	v.offerScript("2.0.0").Files[0].Digest = digestOf([]byte("something else"))
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))

	_, err := h.provision(linuxCPU)
	require.Equal(t, provisioner.DigestMismatch, provisioner.KindOf(err))
	require.ErrorContains(t, err, "fake: ")
	h.requireUntouched(t)
	require.Equal(t, provisioner.ActionFailed, h.actions()[len(h.actions())-1])
}

func TestProvision_triesTheNextCandidateAfterASkippableFailure(t *testing.T) {
	v := &fakeVendor{onFetch: func(_ context.Context, req provisioner.FetchRequest) error {
		if req.Release.Version.String() == "2.0.0" {
			return provisioner.Errorf(provisioner.IncompleteRelease, "half of it is missing")
		}
		return nil
	}}
	v.offerScript("1.0.0")
	v.offerScript("2.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))

	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
	var skipped []string
	for _, e := range h.events {
		if e.Action == provisioner.ActionSkip {
			skipped = append(skipped, e.Version+": "+e.Message)
		}
	}
	require.Equal(t, []string{"2.0.0: half of it is missing"}, skipped)
}

func TestProvision_excludesAFaultyVendor(t *testing.T) {
	broken := &fakeVendor{onFetch: func(context.Context, provisioner.FetchRequest) error { return errors.New("crashed") }}
	broken.offerScript("3.0.0")
	broken.offerScript("2.0.0")
	good := &fakeVendor{}
	good.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"broken": broken, "good": good}, source("broken"), source("good"))

	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
	require.EqualValues(t, 1, broken.fetches.Load())
}

func TestProvision_prefersTheEarlierSourceOfEqualVersions(t *testing.T) {
	first, second := &fakeVendor{}, &fakeVendor{}
	first.offerScript("1.0.0")
	second.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"second": second, "first": first}, source("first"), source("second"))

	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "first", result.Provenance.Vendor)
}

func TestProvision_needsUnverifiedForAReleaseWithoutDigest(t *testing.T) {
	v := &fakeVendor{}
	r := v.offerScript("1.0.0")
	r.Integrity, r.Files[0].Digest = catalog.None, ""
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.provision(linuxCPU)
	require.Equal(t, provisioner.Unverified, provisioner.KindOf(err))
	require.ErrorContains(t, err, "unverified: true")

	trusting := source("fake")
	trusting.Unverified = true
	h = newHouse(t, fakeVendors{"fake": v}, trusting)
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, catalog.None, result.Provenance.Integrity)
}

func TestProvision_needsAGrantForABuild(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0").Integrity = catalog.Built
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.provision(linuxCPU)
	require.Equal(t, provisioner.Unverified, provisioner.KindOf(err))
	require.Zero(t, v.fetches.Load())
}

func TestEnsure_reinstallsAnEntryWithoutExecutable(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.NoError(t, os.Remove(result.Worker.Path))

	repaired, err := h.Ensure(context.Background(), linuxCPU)
	require.NoError(t, err)
	require.True(t, repaired.Installed)
	require.FileExists(t, repaired.Worker.Path)
}

func TestEnsure_asksNobodyIfAnInstalledWorkerFits(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.Ensure(context.Background(), linuxCPU)
	require.NoError(t, err)
	v.offerScript("2.0.0")

	result, err := h.Ensure(context.Background(), linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
	require.EqualValues(t, 1, v.resolves.Load())
}

func TestProvision_offlineAsksNobody(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	req := linuxCPU
	req.Offline = true

	_, err := h.provision(req)
	require.Equal(t, provisioner.NotFound, provisioner.KindOf(err))
	require.Zero(t, v.resolves.Load())
	h.requireUntouched(t)
}

func TestProvision_refusesChangedBytesOfAnInstalledVersion(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	first, err := h.provision(linuxCPU)
	require.NoError(t, err)
	v.releases = nil
	v.offer("1.0.0", "worker-1.0.0", []byte("#!/bin/sh\necho other\n"))

	kept, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Contains(t, h.actions(), provisioner.ActionWarn)
	require.Equal(t, "#!/bin/sh\necho 1.0.0\n", content(t, kept.Worker.Path))

	require.NoError(t, os.Remove(first.Worker.Path))
	_, err = h.provision(linuxCPU)
	require.Equal(t, provisioner.DigestMismatch, provisioner.KindOf(err))

	forced := linuxCPU
	forced.Force = true
	result, err := h.provision(forced)
	require.NoError(t, err)
	require.Equal(t, "#!/bin/sh\necho other\n", content(t, result.Worker.Path))
}

func TestInstalled_skipsAnEntryOfAnUnconfiguredSource(t *testing.T) {
	old := &fakeVendor{}
	old.offerScript("9.0.0")
	h := newHouse(t, fakeVendors{"old": old}, source("old"))
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)

	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h = newHouseAt(t, h.home, fakeVendors{"new": v}, source("new"))
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
}

func TestInstalled_returnsAForeignEntry(t *testing.T) {
	h := newHouse(t, fakeVendors{"fake": {}}, source("fake"))
	path := filepath.Join(h.home, "worker")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755))
	foreign := catalog.NewWorkerBinary("llm-worker-rbee-cpu-0.1.0-linux", catalog.CpuLlm, catalog.Linux, path, 10, "0.1.0")
	require.NoError(t, h.workers.Add(foreign))

	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, foreign.ID, result.Worker.ID)
}

func TestInstalled_returnsAPrereleaseOnlyOnRequest(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)
	v.offerScript("1.1.0-rc.1").Prerelease = true
	asking := linuxCPU
	asking.Constraint = catalog.MustConstraint(">= 1.1.0-rc.1")
	result, err := h.provision(asking)
	require.NoError(t, err)
	require.Equal(t, "1.1.0-rc.1", result.Worker.Version)

	plain, err := h.Installed(t.Context(), linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", plain.Worker.Version)
}

// meetingVendor answers only when all that are expected are being asked.
type meetingVendor struct {
	*fakeVendor
	meeting *sync.WaitGroup
}

func (v meetingVendor) Open(context.Context, string, provisioner.Folders) (provisioner.Vendor, error) {
	return v, nil
}

func (v meetingVendor) Resolve(ctx context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	v.meeting.Done()
	v.meeting.Wait()
	return v.fakeVendor.Resolve(ctx, q)
}

func TestProvision_asksSourcesInParallel(t *testing.T) {
	workers, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	v := meetingVendor{&fakeVendor{}, &sync.WaitGroup{}}
	v.offerScript("1.0.0")
	var sources []provisioner.Source
	for _, name := range []string{"a", "b", "c", "d"} {
		v.meeting.Add(1)
		sources = append(sources, source(name))
	}
	p, err := engine.New(engine.Options{Catalog: workers, Vendors: v,
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: sources}})
	require.NoError(t, err)
	_, err = p.Provision(context.Background(), linuxCPU)
	require.NoError(t, err)
}

func TestEnsure_manyProcessesFetchOnce(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	home := t.TempDir()
	var wg sync.WaitGroup
	var mu sync.Mutex
	paths := map[string]int{}
	for range 20 {
		wg.Go(func() {
			result, err := newHouseAt(t, home, fakeVendors{"fake": v}, source("fake")).Ensure(context.Background(), linuxCPU)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				paths[result.Worker.Path]++
			}
		})
	}
	wg.Wait()
	require.Len(t, paths, 1)
	for _, n := range paths {
		require.Equal(t, 20, n)
	}
	require.EqualValues(t, 1, v.fetches.Load())
}

func TestProvision_cancelledLeavesNoEntryAndNoLock(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	v := &fakeVendor{onFetch: func(ctx context.Context, _ provisioner.FetchRequest) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	req := linuxCPU
	var last provisioner.Action
	req.OnEvent = func(e provisioner.Event) { last = e.Action }

	_, err := h.Provision(ctx, req)
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(err))
	require.Equal(t, provisioner.ActionCancelled, last)
	require.False(t, h.workers.Contains("cpu-llm-worker-rbee-v1.0.0-linux"))
	h.requireUntouched(t)
}

func TestProvision_keepsAPartialDownload(t *testing.T) {
	broken := true
	v := &fakeVendor{onFetch: func(_ context.Context, req provisioner.FetchRequest) error {
		half := filepath.Join(req.Dir, "half")
		if broken {
			require.NoError(t, os.WriteFile(half, []byte("half"), 0o600))
			return provisioner.Errorf(provisioner.Unreachable, "connection lost")
		}
		require.FileExists(t, half)
		return nil
	}}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.provision(linuxCPU)
	require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err))

	broken = false
	_, err = h.provision(linuxCPU)
	require.NoError(t, err)
	staged, err := os.ReadDir(filepath.Join(h.home, "staging"))
	require.NoError(t, err)
	require.Empty(t, staged)
}

func TestProvision_refusesAnInvalidRequest(t *testing.T) {
	h := newHouse(t, fakeVendors{})
	for name, c := range map[string]struct {
		req  provisioner.Request
		kind provisioner.Kind
	}{
		"metal off macos": {provisioner.Request{Type: catalog.MetalLlm, Platform: catalog.Linux},
			provisioner.UnsupportedPlatform},
		"type without a source": {provisioner.Request{Type: "tpu-llm", Platform: catalog.Linux}, provisioner.InvalidConfig},
		"malformed type":        {provisioner.Request{Type: "../x"}, provisioner.InvalidConfig},
		"unknown architecture":  {provisioner.Request{Type: catalog.CpuLlm, Arch: "vax"}, provisioner.InvalidConfig},
		"unconfigured vendor":   {provisioner.Request{Type: catalog.CpuLlm, Vendor: "acme"}, provisioner.InvalidConfig},
		"no source at all":      {linuxCPU, provisioner.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.Provision(context.Background(), c.req)
			require.Equal(t, c.kind, provisioner.KindOf(err), "%v", err)
			h.requireUntouched(t)
		})
	}
}

func TestParseRequest(t *testing.T) {
	req, err := provisioner.ParseRequest("CpuLlm@~> 0.17")
	require.NoError(t, err)
	require.Equal(t, catalog.CpuLlm, req.Type)
	require.Equal(t, "cpu-llm@~> 0.17", req.String())
	for _, bad := range []string{"", "@1", "cpu-llm@", "cpu-llm@banana", "cpu llm"} {
		_, err := provisioner.ParseRequest(bad)
		require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err), bad)
	}
}

func TestProvision_buildForAnotherPlatformIsAFailedBuild(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	content, err := os.ReadFile(self)
	require.NoError(t, err)
	v := &fakeVendor{}
	v.offer("1.0.0", "worker", content).Integrity = catalog.Built
	s := source("fake")
	s.Build = true
	h := newHouse(t, fakeVendors{"fake": v}, s)
	_, err = h.provision(provisioner.Request{Type: catalog.CpuLlm, Platform: catalog.Linux, Arch: "s390x"})
	require.Equal(t, provisioner.BuildFailed, provisioner.KindOf(err))
	require.ErrorContains(t, err, "not for linux/s390x")
	list, err := h.workers.List()
	require.NoError(t, err)
	require.Empty(t, list)
}
