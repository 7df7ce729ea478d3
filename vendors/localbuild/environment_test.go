package localbuild

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// unset takes variables out of the environment until the test ends.
func unset(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		t.Setenv(name, "")
		require.NoError(t, os.Unsetenv(name))
	}
}

func TestBuildsWithoutAHome(t *testing.T) {
	unset(t, "HOME", "USERPROFILE", "LocalAppData", "AppData", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
		"GOCACHE", "GOPATH", "GOMODCACHE", "GOENV")
	q := query(t, map[string]string{"source": "dir", "dir": writeModule(t, map[string]string{"main.go": printVersion})})
	q.CacheDir = t.TempDir()
	fetch(t, q)
	require.DirExists(t, filepath.Join(q.CacheDir, "go-build"))
}

func TestTheUsersBuildSettingsDoNotReachTheBuild(t *testing.T) {
	config := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(config, []byte("GOFLAGS=-tags=surprise\nGOWORK=/nowhere/go.work\n"), 0o644))
	t.Setenv("GOENV", config)
	t.Setenv("GOFLAGS", "-tags=surprise")
	t.Setenv("GOOS", "plan9")
	dir := writeModule(t, map[string]string{
		"main.go":     printVersion,
		"surprise.go": "//go:build surprise\n\npackage main\n\nvar _ = absent\n",
		"go.work":     "go 1.99\n",
	})
	fetch(t, query(t, map[string]string{"source": "dir", "dir": dir}))
}

func TestTheGoCommandGetsNoSecret(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "hunter2")
	t.Setenv("GOPROXY", "https://proxy.test")
	env := inherited()
	require.Contains(t, env, "GOPROXY=https://proxy.test")
	for _, variable := range env {
		require.NotContains(t, variable, "hunter2")
	}
}
