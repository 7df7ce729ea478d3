package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// TestResolve_predictsProvision holds what Resolve tells against what Provision then does, over many states that a
// machine may be in.
func TestResolve_predictsProvision(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			chance := func(n int) bool { return random.IntN(n) == 0 }
			vendors := fakeVendors{}
			sources := []provisioner.Source{source("a"), source("b"), source("last")}
			sources[2].Fallback = true
			for _, s := range sources {
				vendors[s.Vendor] = &fakeVendor{}
			}
			h := newHouse(t, vendors, sources...)
			offer := func() {
				for _, name := range []string{"a", "b", "last"} {
					v := vendors[name]
					v.err, v.releases = nil, nil
					for _, major := range random.Perm(4)[:random.IntN(3)] {
						version := fmt.Sprintf("%d.0.0", major+1)
						if chance(4) {
							v.offer(version, name+version+"-useless", []byte("no executable"))
						} else {
							v.offer(version, name+version, []byte("#!/bin/sh\necho "+name+version))
						}
					}
					if kinds := provisioner.Kinds(); chance(4) {
						slices.Sort(kinds)
						v.err = provisioner.Errorf(kinds[random.IntN(len(kinds))], "some reason")
					}
				}
			}
			for range random.IntN(3) {
				offer()
				_, _ = h.Provision(t.Context(), linuxCPU)
			}
			offer()
			req := linuxCPU
			req.Force, req.Strict, req.Offline = chance(3), chance(3), chance(8)
			requireForeseen(t, h, req)
		})
	}
}

func requireForeseen(t *testing.T, h *house, req provisioner.Request) {
	t.Helper()
	plan, planErr := h.Resolve(context.Background(), req)
	tried := false // what can be told only after a download
	req.OnEvent = func(e provisioner.Event) {
		tried = tried || e.Action == provisioner.ActionSkip && e.Version != "" && e.Kind == provisioner.BadPayload
	}
	result, err := h.Provision(context.Background(), req)
	if tried {
		return
	}
	require.Equal(t, provisioner.KindOf(err), provisioner.KindOf(planErr), "%v\n%v", err, planErr)
	if err != nil {
		require.Equal(t, err.Error(), planErr.Error())
		if _, ok := errors.AsType[*provisioner.NoCandidateError](err); ok {
			require.Nil(t, plan.Chosen)
		}
		return
	}
	require.Equal(t, result.Worker.Version, plan.Chosen.Version)
	require.Equal(t, result.Installed, !plan.Chosen.Installed)
	require.Equal(t, result.Fallback, plan.Chosen.Fallback)
	if plan.Chosen.Installed && !req.Offline && !result.Fallback && result.Reason != "" {
		require.Equal(t, result.Reason, plan.Chosen.Reason)
	}
}

func TestProvision_forceReportsThatOnlyOlderOnesExist(t *testing.T) {
	h, v, _ := newInstalled(t)
	v.releases = nil
	v.offerScript("0.9.0")
	forced := linuxCPU
	forced.Force = true
	_, err := h.provision(forced)
	require.Equal(t, provisioner.NotFound, provisioner.KindOf(err))
	require.ErrorContains(t, err, "fake 0.9.0 worker-0.9.0: older than 1.0.0, which is installed")
	plan, planErr := h.Resolve(t.Context(), forced)
	require.EqualError(t, planErr, err.Error())
	require.Nil(t, plan.Chosen)
	require.Len(t, plan.Candidates, 1)
}

func TestResolve_excludesAFaultyVendor(t *testing.T) {
	v, other := &fakeVendor{faulty: `{"repo":"faulty"}`}, &fakeVendor{}
	v.offerScript("2.0.0")
	other.offerScript("1.0.0")
	faulty := source("fake")
	faulty.Key, faulty.With = "fake faulty", json.RawMessage(v.faulty)
	h := newHouse(t, fakeVendors{"fake": v, "other": other}, source("fake"), faulty, source("other"))
	plan, err := h.Resolve(t.Context(), linuxCPU)
	require.NoError(t, err)
	require.Equal(t, h.provisioned(t).Worker.Version, plan.Chosen.Version)
	require.Equal(t, engine.PlanItem{Vendor: "fake", Version: "2.0.0", Asset: "worker-2.0.0",
		Kind:   provisioner.PluginFault,
		Reason: "the vendor is at fault"}, plan.Candidates[0])
}

func TestResolve_reportsATieAndTheOtherRejections(t *testing.T) {
	tie := provisioner.Rejection{Version: "2.0.0", Kind: provisioner.AmbiguousAsset, Reason: "two assets tie"}
	other := provisioner.Rejection{Version: "1.0.0", Asset: "x.zip", Kind: provisioner.UnsupportedPlatform,
		Reason: "for windows"}
	v, second := &fakeVendor{refused: []provisioner.Rejection{other, tie}}, &fakeVendor{}
	second.offerScript("1.0.0")
	h := newHouse(t, fakeVendors{"fake": v, "second": second}, source("fake"), source("second"))
	_, err := h.provision(linuxCPU)
	require.Equal(t, provisioner.AmbiguousAsset, provisioner.KindOf(err))
	require.EqualError(t, err, "fake: release 2.0.0: two assets tie")
	h.requireUntouched(t)
	plan, planErr := h.Resolve(t.Context(), linuxCPU)
	require.EqualError(t, planErr, err.Error())
	require.Equal(t, []engine.PlanItem{
		{Vendor: "fake", Version: "2.0.0", Kind: tie.Kind, Reason: tie.Reason},
		{Vendor: "fake", Version: "1.0.0", Asset: "x.zip", Kind: other.Kind, Reason: other.Reason},
	}, plan.Candidates)

	v.offerScript("3.0.0") // which goes before the tie
	require.Equal(t, "3.0.0", h.provisioned(t).Worker.Version)
}
