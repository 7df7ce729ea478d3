package catalog

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHome_prefersOverrideThenVariableThenUserCache(t *testing.T) {
	cache, override := t.TempDir(), t.TempDir()
	t.Setenv("RBEE_CACHE_DIR", cache)
	home, err := Home(override)
	require.NoError(t, err)
	require.Equal(t, override, home)

	home, err = Home("")
	require.NoError(t, err)
	require.Equal(t, cache, home)

	t.Setenv("RBEE_CACHE_DIR", "")
	user, err := os.UserCacheDir()
	require.NoError(t, err)
	home, err = Home("")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(user, "rbee"), home)
}

func TestHome_isAbsolute(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	home, err := Home("cache")
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(home))
	require.Equal(t, "cache", filepath.Base(home))
}

func TestHome_errorNamesTheVariable(t *testing.T) {
	for _, name := range []string{"RBEE_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	_, err := Home("")
	require.ErrorContains(t, err, "RBEE_CACHE_DIR")
}

func TestNewWorkerCatalog_usesHome(t *testing.T) {
	home := t.TempDir()
	t.Setenv("RBEE_CACHE_DIR", home)
	workers, err := NewWorkerCatalog()
	require.NoError(t, err)
	require.Equal(t, home, workers.Home())
	require.Equal(t, filepath.Join(home, "workers", "some-id"), workers.WorkerPath("some-id"))
	models, err := NewModelCatalog()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(home, "models", "meta-llama-Llama-2-7b"), models.ModelPath("meta-llama/Llama-2-7b"))
	require.Empty(t, models.ModelPath(".."))
	require.Empty(t, workers.WorkerPath("../models"))
}
