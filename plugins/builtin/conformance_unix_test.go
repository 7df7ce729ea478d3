//go:build unix

package builtin

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/plugintest"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// conformanceCase is a query that a vendor has a release for, and one that does not come to an end.
type conformanceCase struct{ query, stalled provisioner.Query }

func TestTheBuiltInVendorsKeepTheirContract(t *testing.T) {
	executable, err := os.Executable()
	require.NoError(t, err)
	cases := map[string]func(*testing.T) conformanceCase{
		"github-release": publishedRelease,
		"local-build":    buildableFolder,
	}
	for name, construct := range constructors {
		c := cases[name](t)
		t.Run(name+" in process", func(t *testing.T) {
			vendortest.Run(t, vendortest.Suite{New: construct, Query: c.query, Stalled: &c.stalled})
		})
		t.Run(name+" as a plugin", func(t *testing.T) {
			suite := plugintest.Suite(plugins.Command{
				Name: name, Path: executable, Env: []string{vendorVariable + "=" + name, "GORACE=atexit_sleep_ms=0"},
			}, c.query)
			suite.Stalled = &c.stalled
			vendortest.Run(t, suite)
		})
	}
}

// publishedRelease is on a GitHub of this test's; the stalled one takes connections and answers nothing.
func publishedRelease(t *testing.T) conformanceCase {
	server := githubtest.Start()
	t.Cleanup(server.Close)
	name := "tool-" + catalog.Current().GOOS() + "-" + catalog.CurrentArch().String()
	server.Publish("acme/tool", githubtest.Release{Tag: "v1.2.3", Assets: []githubtest.Asset{
		{Name: name, Content: bytes.Repeat([]byte("#!/bin/sh\n"), 1<<20)},
	}})
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	query := func(api string) provisioner.Query {
		return provisioner.Query{
			With: encode(t, map[string]any{"repo": "acme/tool"}), Config: encode(t, map[string]any{"api_url": api}),
		}
	}
	return conformanceCase{query(server.URL()), query("http://" + silent.Addr().String() + "/")}
}

// buildableFolder is built by copying a file; the stalled build sleeps.
func buildableFolder(t *testing.T) conformanceCase {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tool.sh"), []byte("#!/bin/sh\n"), 0o755))
	query := func(command string) provisioner.Query {
		return provisioner.Query{With: encode(t, map[string]any{
			"source": "dir", "dir": dir, "version": "1.2.3", "builder": "command", "commands": []string{command},
			"output": "tool",
		})}
	}
	return conformanceCase{query("cp tool.sh tool"), query("sleep 60")}
}

func encode(t *testing.T, values map[string]any) json.RawMessage {
	data, err := json.Marshal(values)
	require.NoError(t, err)
	return data
}
