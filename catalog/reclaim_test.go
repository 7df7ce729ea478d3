package catalog

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPurgeStaging_deletesWhatNobodyWorksIn(t *testing.T) {
	c := newWorkers(t)
	for _, id := range []string{"living", "dead"} {
		dir, err := c.Staging(id)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "half"), []byte("1234"), 0o644))
	}
	removed := filepath.Join(c.stagingHome(), "removed-old-ABC")
	require.NoError(t, os.Mkdir(removed, 0o755))
	other := filepath.Join(c.stagingHome(), "models-x")
	require.NoError(t, os.Mkdir(other, 0o755))
	lock := mustLock(t, c, "living")
	busy, err := c.Busy()
	require.NoError(t, err)
	require.Equal(t, []string{"living"}, busy)

	would, err := c.PurgeStaging(true)
	require.NoError(t, err)
	require.DirExists(t, removed)
	found, err := c.PurgeStaging(false)
	require.NoError(t, err)
	require.Equal(t, would, found)
	require.ElementsMatch(t, []Abandoned{
		{"dead", c.stagingDir("dead"), 4}, {"old-ABC", removed, 0},
	}, found)
	require.ElementsMatch(t, []string{"models-x", "workers-living"}, namesOf(t, c.stagingHome()))
	require.NoError(t, lock.Release())
}

func TestLastUsed(t *testing.T) {
	c := newWorkers(t)
	for name, want := range map[string]string{"original": "2025-10-23T18:30:00Z", "camel": "2025-11-03T10:00:00Z"} {
		w, err := decodeWorker(dialect(t, name))
		require.NoError(t, err)
		writeRecord(t, c, w.ID, string(dialect(t, name)))
		used, err := c.LastUsed(w.ID)
		require.NoError(t, err)
		require.Equal(t, want, used.UTC().Format(time.RFC3339), name)
	}
	_, err := c.LastUsed("none")
	require.ErrorIs(t, err, ErrNotFound)
}
