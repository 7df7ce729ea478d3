package engine_test

import (
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// newInstalled has 1.0.0 of one source installed.
func newInstalled(t *testing.T) (*house, *fakeVendor, provisioner.Result) {
	t.Helper()
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	return h, v, result
}

func TestProvision_keepsTheInstalledWorkerOnAFatalAnswer(t *testing.T) {
	h, v, _ := newInstalled(t)
	for kind, kept := range map[provisioner.Kind]bool{
		provisioner.AmbiguousAsset: true, provisioner.DigestMismatch: true, provisioner.InvalidConfig: false,
	} {
		v.err = provisioner.Errorf(kind, "no good")
		result, err := h.provision(linuxCPU)
		if !kept {
			require.Equal(t, kind, provisioner.KindOf(err))
			continue
		}
		require.NoError(t, err)
		require.Equal(t, "1.0.0", result.Worker.Version)
		require.Equal(t, "fake: no good", result.Reason)
		require.Contains(t, h.actions(), provisioner.ActionWarn)
	}
}

func TestProvision_keepsAnInstalledFallbackOnAFatalAnswer(t *testing.T) {
	h, real, _ := newFallbackHouse(t)
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)
	real.err = provisioner.Errorf(provisioner.AmbiguousAsset, "two assets tie")

	result, err := h.Ensure(context.Background(), linuxCPU)
	require.NoError(t, err)
	require.True(t, result.Fallback)
}

func TestProvision_keepsTheInstalledWorkerIfThisMachineFails(t *testing.T) {
	h, v, _ := newInstalled(t)
	v.offerScript("2.0.0")
	staging := filepath.Join(h.home, "staging")
	require.NoError(t, os.RemoveAll(staging))
	require.NoError(t, os.WriteFile(staging, nil, 0o600)) // a file where a folder should be

	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
	require.Contains(t, h.actions(), provisioner.ActionWarn)
}

func TestInstalled_skipsAnEntryWithUnreadableProvenance(t *testing.T) {
	h, _, _ := newFallbackHouse(t)
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	record := filepath.Join(h.workers.WorkerPath(result.Worker.ID), catalog.ProvenanceFile)
	require.NoError(t, os.WriteFile(record, []byte("{"), 0o600))

	strict := linuxCPU
	strict.Strict = true
	_, err = h.provision(strict)
	require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err), "the fallback must not pass for a foreign entry")
}

func TestProvision_forceReinstallsButNeverDowngrades(t *testing.T) {
	h, v, first := newInstalled(t)
	forced := linuxCPU
	forced.Force = true
	result, err := h.provision(forced)
	require.NoError(t, err)
	require.True(t, result.Installed)
	require.Equal(t, first.Worker.Path, result.Worker.Path)

	v.offerScript("0.9.0")
	v.onFetch = func(context.Context, provisioner.FetchRequest) error {
		return provisioner.Errorf(provisioner.Unreachable, "connection lost")
	}
	_, err = h.provision(forced)
	require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err))
	require.False(t, h.workers.Contains("cpu-llm-worker-rbee-v0.9.0-linux"))
	require.FileExists(t, first.Worker.Path)
}

func TestProvision_recognisesInstalledBytesUnderAnotherName(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fakeVendor)
		kind   provisioner.Kind
	}{
		"other bytes under another name": {func(v *fakeVendor) {
			v.releases = nil
			v.offer("1.0.0", "renamed", []byte("#!/bin/sh\necho other\n"))
		}, provisioner.DigestMismatch},
		"no digest any more": {func(v *fakeVendor) {
			v.releases[0].Integrity, v.releases[0].Files[0].Digest = catalog.None, ""
		}, provisioner.DigestMismatch},
		"a digest of another algorithm": {func(v *fakeVendor) {
			v.releases[0].Files[0].Digest = catalog.Digest(fmt.Sprintf("sha512:%x", sha512.Sum512(v.contents["worker-1.0.0"])))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h, v, result := newInstalled(t)
			require.NoError(t, os.Remove(result.Worker.Path))
			c.change(v)
			trusting := source("fake")
			trusting.Unverified = true
			h = newHouseAt(t, h.home, fakeVendors{"fake": v}, trusting)
			_, err := h.provision(linuxCPU)
			if c.kind == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, c.kind, provisioner.KindOf(err), "%v", err)
		})
	}
}

func TestProvision_separatesTheStagingOfSources(t *testing.T) {
	a, b := &fakeVendor{}, &fakeVendor{}
	a.offerScript("1.0.0")
	b.offerScript("1.0.0")
	a.onFetch = func(_ context.Context, req provisioner.FetchRequest) error {
		return errors.Join(os.Mkdir(filepath.Join(req.Dir, "worker-1.0.0"), 0o755),
			provisioner.Errorf(provisioner.Unreachable, "lost"))
	}
	h := newHouse(t, fakeVendors{"a": a, "b": b}, source("a"), source("b"))
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "b", result.Provenance.Vendor)
}

func TestProvision_removesReadOnlyFoldersFromStaging(t *testing.T) {
	v := &fakeVendor{onFetch: func(_ context.Context, req provisioner.FetchRequest) error {
		cache := filepath.Join(req.Dir, "cache")
		return errors.Join(os.Mkdir(cache, 0o755), os.WriteFile(filepath.Join(cache, "file"), nil, 0o444),
			os.Chmod(cache, 0o555))
	}}
	v.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)
	staged, err := os.ReadDir(filepath.Join(h.home, "staging"))
	require.NoError(t, err)
	require.Empty(t, staged)
}

func TestNoCandidateError_prefersRealFailuresToMismatches(t *testing.T) {
	v := &fakeVendor{refused: []provisioner.Rejection{
		{Version: "2.0.0", Asset: "worker-windows.zip", Kind: provisioner.UnsupportedPlatform, Reason: "for windows"},
		{Version: "2.0.0", Asset: "worker-linux.tar.gz", Kind: provisioner.Unverified, Reason: "not listed in SHA256SUMS"},
	}}
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.provision(linuxCPU)
	require.Equal(t, provisioner.Unverified, provisioner.KindOf(err))
}

func TestProvision_excludesAFaultyVendorFromItsOtherSources(t *testing.T) {
	v := &fakeVendor{err: provisioner.Errorf(provisioner.PluginFault, "crashed")}
	last := source("fake")
	last.Key, last.Fallback = "fake {x}", true
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"), last)
	_, err := h.provision(linuxCPU)
	require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err))
	require.EqualValues(t, 1, v.resolves.Load())
}

func TestProvision_skipsAVersionThatIsNotAValidFolderName(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	v.offer("2.0.0-"+strings.Repeat("a", 250), "worker", []byte("#!/bin/sh\n"))
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
}

func TestProvision_doesNotFetchAnUnusableFileAgain(t *testing.T) {
	h, v, _ := newInstalled(t)
	v.offer("2.0.0", "worker-2.0.0", []byte("no executable"))
	for range 2 {
		result, err := h.provision(linuxCPU)
		require.NoError(t, err)
		require.Equal(t, "1.0.0", result.Worker.Version)
		require.Contains(t, result.Reason, "known format")
		require.Contains(t, h.actions(), provisioner.ActionSkip)
	}
	require.EqualValues(t, 2, v.fetches.Load(), "once for 1.0.0, once for 2.0.0")
	plan, err := h.Resolve(context.Background(), linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", plan.Chosen.Version)

	refreshed := linuxCPU
	refreshed.Refresh = true
	_, err = h.provision(refreshed)
	require.NoError(t, err)
	require.EqualValues(t, 3, v.fetches.Load())

	v.releases = v.releases[:1]
	v.offer("2.0.0", "worker-2.0.0", []byte("#!/bin/sh\n"))
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "2.0.0", result.Worker.Version, "other bytes are tried")
}

func TestResolve_returnsThePlanOfProvision(t *testing.T) {
	h, v, _ := newInstalled(t)
	v.offerScript("1.1.0")
	for name, req := range map[string]provisioner.Request{
		"upgrade": linuxCPU,
		"pinned": {Type: catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64,
			Constraint: catalog.MustConstraint("1.0.0")},
		"offline": {Type: catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64, Offline: true},
	} {
		asked := v.resolves.Load()
		plan, err := h.Resolve(context.Background(), req)
		require.NoError(t, err, name)
		if req.Offline {
			require.Equal(t, asked, v.resolves.Load())
		}
		result, err := h.Provision(context.Background(), req)
		require.NoError(t, err)
		require.Equal(t, result.Worker.Version, plan.Chosen.Version, name)
		require.Equal(t, !result.Installed, plan.Chosen.Installed, name)
	}
}

func TestResolve_returnsThePlanWithAnError(t *testing.T) {
	v := &fakeVendor{err: provisioner.Errorf(provisioner.AmbiguousAsset, "two assets tie")}
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	plan, err := h.Resolve(context.Background(), linuxCPU)
	require.Equal(t, provisioner.AmbiguousAsset, provisioner.KindOf(err))
	require.Equal(t, []engine.PlanItem{{Vendor: "fake", Kind: provisioner.AmbiguousAsset, Reason: "two assets tie"}},
		plan.Candidates)

	ctx, cancel := context.WithDeadline(context.Background(), time.Now())
	defer cancel()
	_, err = h.Resolve(ctx, linuxCPU)
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(err))
}

func TestNoCandidateError_groupsVersionsWithTheSameReason(t *testing.T) {
	v := &fakeVendor{}
	for i := range 300 {
		v.refused = append(v.refused, provisioner.Rejection{
			Version: fmt.Sprintf("0.0.%d", i), Kind: provisioner.NotFound, Reason: `does not satisfy "9"`,
		})
	}
	v.refused = append(v.refused, provisioner.Rejection{Kind: provisioner.NotFound,
		Reason: "only the first 300 releases were looked at"})
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.provision(linuxCPU)
	require.EqualError(t, err, "no worker for cpu-llm on linux/amd64\n"+
		"  fake 0.0.299 to 0.0.0 (300): does not satisfy \"9\"\n  fake: only the first 300 releases were looked at")
}

func TestProvision_skipsAPrereleaseThatNobodyAsksFor(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0").Prerelease = true
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	_, err := h.provision(linuxCPU)
	require.Equal(t, provisioner.NotFound, provisioner.KindOf(err))

	taking := source("fake")
	taking.Prerelease = true
	h = newHouse(t, fakeVendors{"fake": v}, taking)
	_, err = h.provision(linuxCPU)
	require.NoError(t, err)
	_, err = h.Installed(t.Context(), linuxCPU)
	require.NoError(t, err)
}

func TestResolve_predictsForceAndFatalAnswers(t *testing.T) {
	h, v, _ := newInstalled(t)
	v.err = provisioner.Errorf(provisioner.Unreachable, "no route to host")
	forced := linuxCPU
	forced.Force = true
	_, err := h.Resolve(context.Background(), forced)
	require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err))
	_, err = h.provision(forced)
	require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err))

	newer := &fakeVendor{}
	newer.offerScript("2.0.0")
	v.err = provisioner.Errorf(provisioner.AmbiguousAsset, "two assets tie")
	h = newHouseAt(t, h.home, fakeVendors{"fake": v, "newer": newer}, source("fake"), source("newer"))
	plan, err := h.Resolve(context.Background(), linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", plan.Chosen.Version)
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
}

func TestProvision_hasNoReasonIfNothingFailed(t *testing.T) {
	h, v, _ := newInstalled(t)
	v.offer("1.1.0", "worker-1.1.0", []byte("no executable"))
	_, err := h.provision(linuxCPU)
	require.NoError(t, err)
	v.offerScript("1.2.0")
	toolless := &fakeVendor{err: provisioner.Errorf(provisioner.MissingTool, "there is no go")}
	h = newHouseAt(t, h.home, fakeVendors{"fake": v, "toolless": toolless}, source("fake"), source("toolless"))
	for range 2 {
		result, err := h.provision(linuxCPU)
		require.NoError(t, err)
		require.Equal(t, "1.2.0", result.Worker.Version)
		require.Empty(t, result.Reason)
	}
}

func TestProvision_fallbackAskedByNameHasAReason(t *testing.T) {
	h, _, _ := newFallbackHouse(t)
	alone := linuxCPU
	alone.Vendor = "last"
	result, err := h.provision(alone)
	require.NoError(t, err)
	require.Equal(t, "only a fallback source was to be asked", result.Reason)
}

func TestProvision_restoresAnEntryThatACrashDisplaced(t *testing.T) {
	h, v, result := newInstalled(t)
	v.err = provisioner.Errorf(provisioner.Unreachable, "no route to host")
	for name, ask := range map[string]func() (provisioner.Result, error){
		"ensure":    func() (provisioner.Result, error) { return h.Ensure(t.Context(), linuxCPU) },
		"provision": func() (provisioner.Result, error) { return h.Provision(t.Context(), linuxCPU) },
	} {
		aside := filepath.Join(h.home, "staging", "replaced-workers-"+result.Worker.ID)
		require.NoError(t, os.MkdirAll(filepath.Dir(aside), 0o755))
		require.NoError(t, os.Rename(h.workers.WorkerPath(result.Worker.ID), aside))
		again, err := ask()
		require.NoError(t, err, name)
		require.FileExists(t, again.Worker.Path)
	}
}
