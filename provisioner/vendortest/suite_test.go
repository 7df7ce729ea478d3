package vendortest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
)

func suiteOf(a acme) vendortest.Suite {
	return vendortest.Suite{
		New:     func() provisioner.VendorSource { return a },
		Query:   provisioner.Query{With: []byte(`{"mode": "a"}`)},
		Stalled: &provisioner.Query{With: []byte(`{"mode": "a", "stall": true}`)},
		Timeout: 5 * time.Second,
	}
}

func TestRun_passesAVendorThatKeepsItsContract(t *testing.T) {
	vendortest.Run(t, suiteOf(acme{}))
}

// firstFailure returns the first check that a vendor fails.
func firstFailure(t *testing.T, s vendortest.Suite) vendortest.Result {
	for r := range s.Results(t.Context()) {
		if r.Outcome == vendortest.Failed {
			require.NotEmpty(t, r.Reason, r.Check)
			require.NotEmpty(t, r.Hint, r.Check)
			return r
		}
	}
	return vendortest.Result{}
}

type (
	description = provisioner.Description
	resolution  = provisioner.Resolution
	query       = provisioner.Query
	request     = provisioner.FetchRequest
	fetched     = provisioner.Fetched
)

func describing(change func(*description)) acme {
	return acme{describe: func(_ context.Context, d description) (description, error) {
		change(&d)
		return d, nil
	}}
}

func resolving(change func(query, *resolution)) acme {
	return acme{resolve: func(_ context.Context, q query, r resolution) (resolution, error) {
		change(q, &r)
		return r, nil
	}}
}

func rejecting(r provisioner.Rejection) acme {
	return resolving(func(_ query, answer *resolution) { answer.Rejected = []provisioner.Rejection{r} })
}

// touch makes an empty file.
func touch(path ...string) { _ = os.WriteFile(filepath.Join(path...), nil, 0o600) }

// fetching does something before it downloads.
func fetching(first func(request)) acme {
	return acme{fetch: func(ctx context.Context, req request) (fetched, error) {
		first(req)
		return download(ctx, req)
	}}
}

// brokenVendors returns vendors that each break one rule. The key is the check that fails, up to a space.
func brokenVendors() map[string]acme {
	var calls atomic.Int64
	return map[string]acme{
		"describe/answers": {describe: func(context.Context, description) (description, error) {
			return description{}, errors.New("no licence")
		}},
		"describe/answers panics": {describe: func(context.Context, description) (description, error) {
			panic("boom")
		}},
		"describe/answers version": describing(func(d *description) { d.Version = "latest" }),
		"describe/name":            describing(func(d *description) { d.Name = "Acme Inc." }),
		"describe/options":         describing(func(d *description) { d.Options[0].Help = "" }),
		"describe/options kind":    describing(func(d *description) { d.Options[0].Kind = "url" }),
		"describe/options twice":   describing(func(d *description) { d.Options = append(d.Options, d.Options[0]) }),
		"describe/needs":           describing(func(d *description) { d.Needs.Env = []string{"A=b"} }),
		"describe/needs tool":      describing(func(d *description) { d.Needs.Tools = []string{"/usr/bin/git"} }),
		"describe/stable":          describing(func(d *description) { d.Options[0].Help = fmt.Sprint(calls.Add(1)) }),

		"resolve/answers": {resolve: func(context.Context, query, resolution) (resolution, error) {
			return resolution{}, errors.New("no kind")
		}},
		"resolve/releases":         resolving(func(_ query, r *resolution) { edit(r).Files[0].Digest = "" }),
		"resolve/releases name":    resolving(func(_ query, r *resolution) { edit(r).Files[0].Name = "a/b" }),
		"resolve/releases bare":    resolving(func(_ query, r *resolution) { edit(r).Integrity = "trust me" }),
		"resolve/refusals":         rejecting(provisioner.Rejection{Kind: "mood", Reason: "a"}),
		"resolve/refusals nothing": rejecting(provisioner.Rejection{Kind: provisioner.NotFound}),
		"resolve/constraint": resolving(func(q query, r *resolution) {
			if !q.Constraint.IsZero() {
				r.Releases = nil
			}
		}),
		"resolve/nothing": {resolve: func(_ context.Context, q query, r resolution) (resolution, error) {
			if q.Type != catalog.CpuLlm {
				return r, provisioner.Errorf(provisioner.NotFound, "no such type")
			}
			return r, nil
		}},
		"resolve/platform": resolving(func(_ query, r *resolution) { *r = offer("1.0.0", "1.1.0") }),
		"resolve/stable":   resolving(func(_ query, r *resolution) { edit(r).Revision = fmt.Sprint(calls.Add(1)) }),
		"resolve/mistakes": {lenient: true},
		"resolve/cancel": {resolve: func(ctx context.Context, _ query, r resolution) (resolution, error) {
			if ctx.Err() != nil {
				return r, provisioner.Errorf(provisioner.Unreachable, "the server went away")
			}
			return r, nil
		}},

		"fetch/answers": {fetch: func(context.Context, request) (fetched, error) {
			return fetched{}, errors.New("no kind")
		}},
		"fetch/answers named": {fetch: func(context.Context, request) (fetched, error) {
			return fetched{}, provisioner.Errorf(provisioner.NotFound, "acme: it is gone")
		}},
		"fetch/files": {fetch: func(ctx context.Context, req request) (fetched, error) {
			f, err := download(ctx, req)
			f.Files = []string{"../" + fileName}
			return f, err
		}},
		"fetch/files link": {fetch: func(ctx context.Context, req request) (fetched, error) {
			f, err := download(ctx, req)
			name := filepath.Join(req.Dir, fileName)
			return f, errors.Join(err, os.Rename(name, name+".real"), os.Symlink(name+".real", name))
		}},
		"fetch/digests": {fetch: func(ctx context.Context, req request) (fetched, error) {
			f, err := download(ctx, req)
			return f, errors.Join(err, os.WriteFile(filepath.Join(req.Dir, fileName), []byte("other"), 0o600))
		}},
		"fetch/details": {fetch: func(ctx context.Context, req request) (fetched, error) {
			f, err := download(ctx, req)
			f.Details = map[string]string{"url": "https://mirror.test/a?token=b"}
			return f, err
		}},
		"fetch/progress":         fetching(func(req request) { req.Report(provisioner.Progress{Done: 3, Total: 2}) }),
		"fetch/progress path":    fetching(func(req request) { req.Report(provisioner.Progress{Path: "/etc/passwd"}) }),
		"fetch/progress settled": fetching(settleTooMuch),
		"fetch/progress back": fetching(func(req request) {
			req.Report(provisioner.Progress{File: "a", Done: 3})
			req.Report(provisioner.Progress{File: "a", Done: 2})
		}),
		"fetch/outside": fetching(func(req request) { touch(req.Dir, "..", "log") }),
		"fetch/outside beside": fetching(func(req request) {
			_ = os.Remove(filepath.Join(req.Dir, "..", "another-vendors-file"))
		}),
		"fetch/repeat": {fetch: func(ctx context.Context, req request) (fetched, error) {
			if _, err := os.Stat(filepath.Join(req.Dir, fileName)); err == nil {
				return fetched{}, provisioner.Errorf(provisioner.Other, "it is there already")
			}
			return download(ctx, req)
		}},
		"fetch/cancel": {fetch: func(ctx context.Context, req request) (fetched, error) {
			f, err := download(ctx, req)
			if err != nil {
				time.Sleep(3 * time.Second)
			}
			return f, err
		}},
		"fetch/cancel goes on": {fetch: func(ctx context.Context, req request) (fetched, error) {
			f, err := download(ctx, req)
			if err != nil {
				time.AfterFunc(50*time.Millisecond, func() { touch(req.Dir, "late") })
			}
			return f, err
		}},
		"fetch/resume": {fetch: func(ctx context.Context, req request) (fetched, error) {
			if _, err := os.Stat(filepath.Join(req.Dir, partName)); err == nil {
				return fetched{}, provisioner.Errorf(provisioner.Other, "it was begun already")
			}
			return download(ctx, req)
		}},
		"fetch/damaged": {fetch: func(ctx context.Context, req request) (fetched, error) {
			if _, err := os.Stat(filepath.Join(req.Dir, fileName)); err == nil {
				return fetched{Files: []string{fileName}}, nil
			}
			return download(ctx, req)
		}},
		"fetch/unknown": {}, // see crashing
	}
}

func TestResults_failACallThatIgnoresCancellation(t *testing.T) {
	suite := suiteOf(acme{resolve: func(_ context.Context, q query, r resolution) (resolution, error) {
		if strings.Contains(string(q.With), "stall") {
			time.Sleep(3 * time.Second)
		}
		return r, nil
	}})
	require.Equal(t, "resolve/cancel", firstFailure(t, suite).Check)
}

func edit(r *resolution) *provisioner.Release {
	if len(r.Releases) == 0 {
		return &provisioner.Release{Files: make([]provisioner.File, 1)}
	}
	return &r.Releases[0]
}

func settleTooMuch(req request) {
	_ = os.WriteFile(filepath.Join(req.Dir, partName), []byte("ab"), 0o600)
	req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: fileName, Path: partName, Settled: 3})
}

// crashing panics when it fetches a release that it did not offer.
type crashing struct{ acme }

func (c crashing) Fetch(ctx context.Context, req request) (fetched, error) {
	if req.Release.Ref != "ref of "+req.Release.Version.String() {
		panic("index out of range")
	}
	return c.acme.Fetch(ctx, req)
}

func TestChecks_eachFailsForItsBrokenVendor(t *testing.T) {
	seen := map[string]bool{}
	for name, vendor := range brokenVendors() {
		check, _, _ := strings.Cut(name, " ")
		seen[check] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite := suiteOf(vendor)
			suite.Stalled = nil
			if check == "fetch/unknown" {
				suite.New = func() provisioner.VendorSource { return crashing{vendor} }
			}
			require.Equal(t, check, firstFailure(t, suite).Check)
		})
	}
	for _, c := range vendortest.Checks() {
		isForProcesses := strings.HasPrefix(c.Name, "process/") // see package plugintest
		require.True(t, seen[c.Name] || isForProcesses || c.Name == "resolve/offers", "no vendor breaks %s", c.Name)
	}
}

func TestResults_skipFetchesWithoutARelease(t *testing.T) {
	suite := suiteOf(resolving(func(_ query, r *resolution) { r.Releases = nil }))
	outcomes := map[string]vendortest.Result{}
	for r := range suite.Results(t.Context()) {
		outcomes[r.Check] = r
	}
	require.Equal(t, vendortest.Skipped, outcomes["resolve/offers"].Outcome)
	require.Equal(t, vendortest.Skipped, outcomes["fetch/answers"].Outcome)
	require.Contains(t, outcomes["fetch/answers"].Reason, "nothing to fetch")
}
