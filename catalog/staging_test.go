package catalog

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStaging_isTheSamePrivateFolderForEveryCall(t *testing.T) {
	c := newWorkers(t)
	dir, err := c.Staging("a")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(c.Home(), "staging", "workers-a"), dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "partial"), nil, 0o644))
	again, err := c.Staging("a")
	require.NoError(t, err)
	require.Equal(t, dir, again)
	require.FileExists(t, filepath.Join(dir, "partial"))
	if runtime.GOOS != "windows" {
		info, err := os.Stat(dir)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
}

func TestStaging_refusesALink(t *testing.T) {
	c := newWorkers(t)
	require.NoError(t, os.MkdirAll(c.stagingHome(), 0o755))
	require.NoError(t, os.Symlink(t.TempDir(), c.stagingDir("a")))
	_, err := c.Staging("a")
	require.Error(t, err)
}

func TestSweep_deletesStaleUnusedStaging(t *testing.T) {
	c := newWorkers(t)
	other, err := NewModelCatalogAt(c.Home())
	require.NoError(t, err)
	for _, id := range []string{"stale", "used", "fresh"} {
		_, err := c.Staging(id)
		require.NoError(t, err)
	}
	foreign, err := other.Staging("stale")
	require.NoError(t, err)
	leftover := filepath.Join(c.stagingHome(), removed+"-a-X")
	require.NoError(t, os.Mkdir(leftover, 0o755))

	used := mustLock(t, c, "used")
	defer used.Release()
	day := 24 * time.Hour
	now := time.Now()
	c.now = func() time.Time { return now.Add(2 * day) }
	nested := filepath.Join(c.stagingDir("fresh"), "partial")
	require.NoError(t, os.WriteFile(nested, nil, 0o644))
	require.NoError(t, os.Chtimes(nested, c.now(), c.now()))

	require.NoError(t, c.Sweep(day))
	require.NoDirExists(t, c.stagingDir("stale"))
	require.DirExists(t, c.stagingDir("used"))
	require.FileExists(t, nested)
	require.DirExists(t, foreign, "another catalog's")
	require.NoDirExists(t, leftover)
	require.Equal(t, []string{"workers-used.lock"}, namesOf(t, filepath.Join(c.Home(), "locks")))
}
