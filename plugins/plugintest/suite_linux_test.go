package plugintest_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/plugintest"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
)

// The variables that tell a started test binary what to be, and what not to get right.
const (
	roleVariable = "PLUGINTEST_ROLE"
	flawVariable = "PLUGINTEST_FLAW"
)

func TestMain(m *testing.M) {
	switch flaw := os.Getenv(flawVariable); os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "rough":
		serveRough(flaw)
	case "served":
		plugins.Serve(served{flaw})
	case "sleeper":
		time.Sleep(20 * time.Second)
	}
}

// command starts this test binary in a role.
func command(t *testing.T, role, flaw string) plugins.Command {
	path, err := os.Executable()
	require.NoError(t, err)
	return plugins.Command{Name: "acme", Path: path, Env: []string{
		roleVariable + "=" + role, flawVariable + "=" + flaw, "GORACE=atexit_sleep_ms=0",
	}}
}

// served is a vendor in Go.
type served struct{ flaw string }

var _ provisioner.VendorSource = served{}

func (served) Describe(context.Context) (provisioner.Description, error) {
	return provisioner.Description{Name: "served", Version: "1.0.0"}, nil
}

func (v served) Resolve(_ context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	if v.flaw == "stdout" {
		fmt.Println("resolving")
	}
	for _, decode := range []func(any) error{q.DecodeWith, q.DecodeConfig} {
		if err := decode(&struct{}{}); err != nil {
			return provisioner.Resolution{}, err
		}
	}
	if q.Arch == "pdp11" {
		return provisioner.Resolution{}, nil
	}
	return provisioner.Resolution{Releases: []provisioner.Release{{
		Version: catalog.MustVersion("1.0.0"), Integrity: catalog.None, Files: []provisioner.File{{Name: "worker"}},
	}}}, nil
}

// Fetch floods its host with progress, which is thinned out on the way.
func (v served) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	for i := range 20_000 {
		req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: "worker", Done: int64(i), Total: 20_000})
	}
	select {
	case <-ctx.Done():
		if v.flaw == "deaf" {
			time.Sleep(3 * time.Second)
		}
		return provisioner.Fetched{}, ctx.Err()
	case <-time.After(50 * time.Millisecond):
	}
	return provisioner.Fetched{
			Files: []string{"worker"},
		}, os.WriteFile(
			filepath.Join(req.Dir, "worker"),
			[]byte("#!/bin/sh\n"),
			0o600,
		)
}

func TestProcessesThatKeepTheirContractPass(t *testing.T) {
	for _, role := range []string{"rough", "served"} {
		t.Run(role, func(t *testing.T) {
			vendortest.Run(t, plugintest.Suite(command(t, role, ""), provisioner.Query{}))
		})
	}
}

// firstFailure is the first check that a process fails.
func firstFailure(t *testing.T, c plugins.Command) string {
	for r := range plugintest.Suite(c, provisioner.Query{}).Results(t.Context()) {
		if r.Outcome == vendortest.Failed {
			require.NotEmpty(t, r.Hint)
			killLeftovers(t, r.Reason)
			return r.Check
		}
	}
	return ""
}

// killLeftovers ends the processes that a reason names.
func killLeftovers(t *testing.T, reason string) {
	for _, part := range strings.Split(reason, "process ")[1:] {
		if pid, err := strconv.Atoi(strings.Fields(part)[0]); err == nil && strings.Contains(reason, "left running") {
			require.NotEqual(t, os.Getpid(), pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// flaws are what a process does not get right, with the check that is for it.
var flaws = map[string]string{
	"rough handshake": "process/handshake",
	"rough health":    "process/health",
	"rough stop":      "process/stop",
	"rough rate":      "process/rate",
	"rough leftovers": "fetch/cancel",
	"served deaf":     "fetch/cancel",
	"rough host-gone": "process/host-gone",
	"rough temp":      "process/leftovers",
	"rough stdout":    "process/stdout",
	"served stdout":   "process/stdout",
	"rough stderr":    "process/stderr",
}

func TestEachCheckOfAProcessSeesWhatItIsFor(t *testing.T) {
	for flaw, want := range flaws {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			role, flaw, _ := strings.Cut(flaw, " ")
			require.Equal(t, want, firstFailure(t, command(t, role, flaw)))
		})
	}
}

func TestEveryCheckOfProcessesIsSeenFailing(t *testing.T) {
	seen := slices.Collect(maps.Values(flaws))
	for _, c := range vendortest.Checks() {
		if strings.HasPrefix(c.Name, "process/") {
			require.Contains(t, seen, c.Name)
		}
	}
}
