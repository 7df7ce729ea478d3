//go:build unix

package builtin

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

func TestMain(m *testing.M) {
	serveAcme()
	if len(os.Args) > 3 && os.Args[1] == "vendor" {
		beVendor(os.Args[2], os.Args[3])
		return
	}
	Main() // this test binary is a vendor when it starts itself
	os.Exit(m.Run())
}

func TestEveryBuiltInVendorRunsInAProcessOfItsOwn(t *testing.T) {
	for name := range constructors {
		t.Run(name, func(t *testing.T) {
			v, err := vendors{}.Open(context.Background(), name, provisioner.Folders{})
			require.NoError(t, err)
			pid := v.(*plugins.Plugin).PID()
			require.NotEqual(t, os.Getpid(), pid)
			description, err := v.Describe(context.Background())
			require.NoError(t, err)
			require.Equal(t, name, description.Name)
			require.NoError(t, v.Close())
			require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH, "it is gone")
		})
	}
}

func TestAVendorGetsTheVariablesThatItDeclaresAndNoOthers(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "token")
	t.Setenv("SECRET", "secret")
	schemas, err := describeAll()
	require.NoError(t, err)
	variables := func(vendor string) string {
		command := grants{}.grant(plugins.Command{}, schemas[vendor], trustIn(nil, vendor), provisioner.Folders{})
		return strings.Join(command.Env, "\n")
	}
	env := variables("github-release")
	require.Contains(t, env, "GITHUB_TOKEN=token")
	require.NotContains(t, env, "SECRET")
	require.NotContains(t, variables("local-build"), "token")
}

func TestSettingsReachTheVendorAndTellItsSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "provision.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`
vendors: {github-release: {config: {api_url: "http://127.0.0.1:1/", token_env: [MY_TOKEN]}}}
workers: {tpu-llm: {sources: [{vendor: github-release, with: {repo: a/b}}]}}
`), 0o600))
	schemas, err := describeAll()
	require.NoError(t, err)
	cfg, err := config.Load(config.Options{Explicit: file, Schemas: schemas})
	require.NoError(t, err)
	require.Equal(t, []string{"MY_TOKEN"}, cfg.Vendors["github-release"].Env)
	require.Equal(
		t,
		`github-release {"api_url":"http://127.0.0.1:1/","repo":"a/b"}`,
		cfg.Workers["tpu-llm"].Sources[0].Key,
	)
	require.False(t, cfg.Workers["tpu-llm"].Sources[0].Prerelease)
	require.True(t, cfg.Workers["cuda-llm"].Sources[0].Prerelease)
}

func TestWithoutMainNoSecondProgramIsStarted(t *testing.T) {
	mainCalled.Store(false)
	t.Cleanup(func() { mainCalled.Store(true) })
	_, err := vendors{}.Open(context.Background(), "github-release", provisioner.Folders{})
	require.ErrorIs(t, err, ErrNoMain)
	require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err))
}

func TestTheSeparateMainsServeTheSameVendors(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir, "../github-release", "../local-build")
	build.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	schemas, err := describeAll()
	require.NoError(t, err)
	for name, builtIn := range schemas {
		configured := vendors{configured: map[string]config.Vendor{name: {Command: filepath.Join(dir, name)}}}
		v, err := configured.Open(context.Background(), name, provisioner.Folders{})
		require.NoError(t, err)
		separate, err := v.Describe(context.Background())
		require.NoError(t, err)
		require.Equal(t, builtIn.Name, separate.Name)
		require.Equal(t, builtIn.Options, separate.Options)
		require.NoError(t, v.Close())
	}
}

func TestAnUnknownVendorIsAMistakeInTheConfiguration(t *testing.T) {
	_, err := vendors{plugins: store.New(t.TempDir())}.Open(context.Background(), "acme", provisioner.Folders{})
	require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
}

func TestAChangedPluginIsNotRun(t *testing.T) {
	plugin := filepath.Join(t.TempDir(), "plugin")
	started := plugin + ".started"
	require.NoError(t, os.WriteFile(plugin, []byte("#!/bin/sh\ntouch "+started+"\n"), 0o755))
	configured := vendors{plugins: store.New(t.TempDir()), configured: map[string]config.Vendor{
		"acme": {Command: plugin, SHA256: catalog.Digest("sha256:" + strings.Repeat("0", 64))},
	}}
	_, err := configured.Open(context.Background(), "acme", provisioner.Folders{})
	require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err))
	require.ErrorContains(t, err, "was changed")
	require.NoFileExists(t, started)
}

func TestOpenReadsTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "provision.yaml")
	require.NoError(t, os.WriteFile(file, []byte("workers:\n  tpu-llm:\n    sources:\n      - vendor: local-build\n"+
		"        with: {source: dir, dir: "+dir+"}\n"), 0o600))
	p, err := Open(Options{CacheDir: filepath.Join(dir, "rbee"), Config: file})
	require.NoError(t, err)
	require.Equal(t, []catalog.WorkerType{"cpu-llm", "cuda-llm", "metal-llm", "tpu-llm"}, p.Types())

	require.NoError(t, os.WriteFile(file, []byte("workers: 1\n"), 0o600))
	_, err = Open(Options{CacheDir: filepath.Join(dir, "rbee"), Config: file})
	require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
}

func BenchmarkOpenVendor(b *testing.B) {
	for b.Loop() {
		v, err := vendors{}.Open(context.Background(), "github-release", provisioner.Folders{})
		require.NoError(b, err)
		_, err = v.Describe(context.Background())
		require.NoError(b, err)
		require.NoError(b, v.Close())
	}
}

func TestDeclaredRulesGrantWhatAVendorDeclares(t *testing.T) {
	t.Setenv("ACME_MIRROR", "http://localhost:8081/")
	d := provisioner.Description{
		Name:     "acme",
		Settings: []provisioner.Option{{Name: "mirror_env", NamesEnv: true}},
		Needs: provisioner.Needs{
			Network:    true,
			Ports:      []uint16{22},
			ReadPaths:  []string{"/opt/acme"},
			WritePaths: []string{"/var/acme"},
		},
	}
	q := provisioner.Query{
		With:   encode(t, map[string]any{"index": "https://example.org:8443/", "dir": "/srv/acme"}),
		Config: encode(t, map[string]any{"mirror_env": []string{"ACME_MIRROR"}}),
	}
	require.Equal(t, sandbox.Rules{
		Mode: sandbox.Require, ExtraWrite: []string{"/var/acme"}, Read: []string{"/opt/acme", "/srv/acme"},
		Ports: []uint16{22, 53, 80, 443, 3128, 8081, 8443},
	}, DeclaredRules(sandbox.Require, d, q, []string{"https_proxy=proxy.example:3128"}))
}
