package builtin

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// scene is a configuration with a rogue vendor and, unless that is alone, an honest one, over a catalog of its own.
type scene struct {
	*engine.Provisioner
	events []provisioner.Event
}

// patience is how long a vendor may hang in a scene where that is what is tested.
const patience = 5 * time.Second

// newScene writes the configuration; more is YAML for the rogue vendor's keys.
func newScene(t *testing.T, way, outside string, alone bool, more string) *scene {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	sources := "{vendor: rogue}, {vendor: honest}"
	if alone {
		sources = "{vendor: rogue}"
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "provision.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `
vendors:
  rogue: {command: %q, args: [vendor, %q, %q], %s}
  honest: {command: %q, args: [vendor, honest, ""]}
workers: {cpu-llm: {sources: [%s]}}
`, self, way, outside, more, self, sources), 0o600))
	opts := Options{CacheDir: filepath.Join(dir, "rbee"), Config: file}
	switch way {
	case "hang":
		opts.ResolveTimeout = patience
	case "hang while fetching", "repeat itself":
		opts.IdleTimeout = patience
	}
	p, err := Open(opts)
	require.NoError(t, err)
	return &scene{Provisioner: p}
}

func (s *scene) provision(t *testing.T) (provisioner.Result, error) {
	t.Helper()
	return s.Provision(t.Context(), provisioner.Request{
		Type: catalog.CpuLlm, OnEvent: func(e provisioner.Event) { s.events = append(s.events, e) },
	})
}

// skipped is what was told of the rogue vendor when it was passed over.
func (s *scene) skipped(t *testing.T) provisioner.Event {
	t.Helper()
	for _, e := range s.events {
		if e.Action == provisioner.ActionSkip && e.Vendor == "rogue" {
			return e
		}
	}
	require.Fail(t, "the rogue vendor was not passed over")
	return provisioner.Event{}
}

func newSecret(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(workerScript), 0o755))
	return file
}

func needsLandlock(t *testing.T, holds func(sandbox.Report) bool) {
	t.Helper()
	if report := sandbox.Available(sandbox.Rules{Mode: sandbox.Auto}); !holds(report) {
		t.Skipf("this kernel can't: %v", report.Missing)
	}
}

// Whatever a vendor does, it is named for it and the other one still serves.
func TestARogueVendorIsContained(t *testing.T) {
	for way, told := range map[string]string{
		"garbage": "no handshake", "old": "99", "mute and gone": "no handshake",
		"panic": "the moon is full", "exit": "exit status 3", "exit while fetching": "exit status 3",
		"oversized": "larger than max", "many": "more than 10000", "flood": "and then it dies",
		"absolute path": "not a path below", "path upwards": "not a path below", "nothing brought": "no such file",
		"hang": "no answer within 5s", "hang while fetching": "no progress for 5s", "repeat itself": "no progress for 5s",
		"too few": "did not deliver it", "wrong digest": "does not have the published digest",
		"symlink": "not a regular file", "pipe": "not a regular file", "folder": "not a regular file",
	} {
		t.Run(strings.ReplaceAll(way, " ", "-"), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, way, newSecret(t), false, "")
			result, err := s.provision(t)
			require.NoError(t, err)
			require.Equal(t, "1.0.0", result.Worker.Version, "the honest vendor's")
			skipped := s.skipped(t)
			require.Equal(t, provisioner.PluginFault, skipped.Kind)
			require.Contains(t, skipped.Message, told)
		})
	}
}

// A file that goes on changing after the result is the vendor's fault, whether that is seen before it is read or by its
// digest; or else the change came too late to make a difference.
func TestAFileThatChangesAfterTheResultIsNotInstalled(t *testing.T) {
	for _, way := range []string{"change afterwards", "child changes afterwards"} {
		t.Run(strings.ReplaceAll(way, " ", "-"), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, way, "", false, "")
			result, err := s.provision(t)
			require.NoError(t, err)
			content, err := os.ReadFile(result.Worker.Path)
			require.NoError(t, err)
			require.Equal(t, workerScript, string(content))
			if result.Worker.Version == "1.0.0" { // the honest vendor's
				require.Equal(t, provisioner.PluginFault, s.skipped(t).Kind)
			}
		})
	}
}

func TestWhatTheSandboxDeniesIsNotDone(t *testing.T) {
	needsLandlock(t, func(r sandbox.Report) bool { return r.Files })
	for _, way := range []string{"write", "child writes", "read", "hard link", "device"} {
		t.Run(strings.ReplaceAll(way, " ", "-"), func(t *testing.T) {
			t.Parallel()
			secret := newSecret(t)
			outside := secret
			if way == "read" { // an argument that is a file is the vendor's own
				outside += ".not"
			}
			s := newScene(t, way, outside, false, "")
			result, err := s.provision(t)
			require.NoError(t, err)
			require.Equal(t, "1.0.0", result.Worker.Version)
			require.Contains(t, s.skipped(t).Message, "denied: ")
			require.NoFileExists(t, secret+".new")
		})
	}
}

func TestOnlyAConfiguredPortIsReached(t *testing.T) {
	needsLandlock(t, func(r sandbox.Report) bool { return r.Network })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	address := listener.Addr().String()
	_, err = newScene(t, "second port", address, true, "").provision(t)
	require.ErrorContains(t, err, "permission denied")
	for _, more := range []string{
		fmt.Sprintf("ports: [%d]", listener.Addr().(*net.TCPAddr).Port),
		fmt.Sprintf("config: {registry: %q}", "http://"+address),
	} {
		result, err := newScene(t, "first port", address, true, more).provision(t)
		require.NoError(t, err)
		require.Contains(t, strings.Join(result.Provenance.Sandbox, "; "), "TCP to ports")
	}
}

func TestAThirdPartyGetsWhatItDeclaresAndIsGranted(t *testing.T) {
	for _, name := range []string{"DECLARED", "UNGRANTED", "UNDECLARED"} {
		t.Setenv(name, "secret of "+name)
	}
	result, err := newScene(t, "environment", "", true, "env: [DECLARED, UNDECLARED]").provision(t)
	require.NoError(t, err)
	environment := result.Provenance.Details["environment"]
	require.Contains(t, environment, "DECLARED=secret of DECLARED")
	require.NotContains(t, environment, "secret of UN")
}
