package localbuild

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/buildlog"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/workspace"
)

// unset takes variables out of the environment until the test ends.
func unset(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		t.Setenv(name, "")
		require.NoError(t, os.Unsetenv(name))
	}
}

func TestEnvironment_needsNoHome(t *testing.T) {
	compiled, err := exec.Command("go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	unset(t, "HOME", "USERPROFILE", "LocalAppData", "AppData", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
		"GOCACHE", "GOPATH", "GOMODCACHE", "GOENV")
	q := query(t, with{"source": "dir", "dir": writeModule(t, files{"main.go": printVersion})})
	// With what was compiled before it is quick; where there are no links it is slow. In either case the go command, which
	// does nothing without a cache, must be told of this one.
	cache := filepath.Join(q.CacheDir, "go-build")
	_ = os.Symlink(strings.TrimSpace(string(compiled)), cache)
	fetch(t, q)
}

func TestEnvironment_excludesTheUsersBuildSettings(t *testing.T) {
	config := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(config, []byte("GOFLAGS=-tags=surprise\nGOWORK=/nowhere/go.work\n"), 0o644))
	t.Setenv("GOENV", config)
	t.Setenv("GOFLAGS", "-tags=surprise")
	t.Setenv("GOOS", "plan9")
	dir := writeModule(t, files{
		"main.go":     printVersion,
		"surprise.go": "//go:build surprise\n\npackage main\n\nvar _ = absent\n",
		"go.work":     "go 1.99\n",
	})
	fetch(t, query(t, with{"source": "dir", "dir": dir}))
}

func TestEnvironment_holdsOnlyListedVariables(t *testing.T) {
	t.Setenv("API_TOKEN", "hunter2")
	t.Setenv("CFLAGS", "-O1")
	q := played(t, "environment", nil)
	exe, fetched := fetch(t, q)
	got, err := os.ReadFile(exe)
	require.NoError(t, err)
	require.NotContains(t, string(got), "API_TOKEN")
	require.Contains(t, string(got), "\nCFLAGS=-O1\n")
	require.Contains(t, string(got), "SOURCE_DATE_EPOCH=315532800\n")
	require.Contains(t, fetched.Details["environment"], "CFLAGS=-O1")

	q.Config = []byte(`{"env": ["API_TOKEN"]}`)
	exe, fetched = fetch(t, q)
	got, err = os.ReadFile(exe)
	require.NoError(t, err)
	require.Contains(t, string(got), "\nAPI_TOKEN=hunter2\n")
	require.Equal(t, "API_TOKEN", fetched.Details["environment_names"])
	for name, value := range fetched.Details {
		require.NotContains(t, value, "hunter2", name)
	}
}

func TestEnvironment_hidesSecretsInTheOutput(t *testing.T) {
	t.Setenv("API_TOKEN", "hunter2-hunter2\nsecond-line")
	t.Setenv("ARCH", "sm_90")
	q := played(t, "print "+"got hunter2-hunter2 and second-line for sm_90", nil)
	q.Config = []byte(`{"env": ["API_TOKEN", "ARCH", "UNSET"]}`)
	req := request(t, q)
	var told []string
	req.OnProgress = func(p provisioner.Progress) { told = append(told, p.Message) }
	_, err := New().Fetch(t.Context(), req)
	requireKind(t, provisioner.BuildFailed, err)
	require.Contains(t, told, "got *** and *** for sm_90")
	logs, globErr := filepath.Glob(filepath.Join(q.CacheDir, buildlog.Folder, "*.log"))
	require.NoError(t, globErr)
	require.Len(t, logs, 1)
	log, readErr := os.ReadFile(logs[0])
	require.NoError(t, readErr)
	for _, text := range []string{err.Error(), string(log), strings.Join(told, "\n")} {
		require.Contains(t, text, "got *** and ***")
		require.NotContains(t, text, "hunter2-")
	}
}

func TestEnvironment_passesOnModuleProxies(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "hunter2")
	t.Setenv("GOPROXY", "https://proxy.test")
	env := toolrun.Inherited(variables())
	require.Contains(t, env, "GOPROXY=https://proxy.test")
	for _, variable := range env {
		require.NotContains(t, variable, "hunter2")
	}
}

func TestFetch_keepsNothingWithoutACache(t *testing.T) {
	q := played(t, "make made x", nil)
	q.CacheDir = ""
	req := request(t, q)
	fetched, err := New().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.ElementsMatch(t, append(fetched.Files, buildlog.Folder, workspace.Folder), namesIn(t, req.Dir))
	kept, err := filepath.Glob(filepath.Join(req.Dir, workspace.Folder, "*", "*"))
	require.NoError(t, err)
	require.Empty(t, kept)
}
