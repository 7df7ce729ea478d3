package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRewrite_replacesAnUnreadableRecord(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	writeRecord(t, c, w.ID, "{")
	lock := mustLock(t, c, w.ID)
	require.NoError(t, c.Rewrite(lock, w))
	got, err := c.Get(w.ID)
	require.NoError(t, err)
	require.Equal(t, w, got)
	require.Equal(t, []string{RecordFile}, namesOf(t, c.WorkerPath(w.ID)))

	require.ErrorContains(t, c.Rewrite(lock, worker(c, "2.0.0")), "is not held")
	require.NoError(t, lock.Release())
	require.ErrorContains(t, c.Rewrite(lock, w), "is not held")
}

func TestRewrite_neitherCreatesNorTakesOverAnEntry(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	lock := mustLock(t, c, w.ID)
	require.ErrorIs(t, c.Rewrite(lock, w), ErrNotFound)
	other := worker(c, "2.0.0")
	data, err := encodeRecord(other, c.now())
	require.NoError(t, err)
	writeRecord(t, c, w.ID, string(data))
	require.ErrorIs(t, c.Rewrite(lock, w), ErrCollision)
	require.NoError(t, lock.Release())
}

func TestRewrite_correctsADamagedID(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	commit(t, c, w, "worker")
	damage := func(version string) {
		require.NoError(t, WriteProvenance(c.WorkerPath(w.ID), Provenance{Version: MustVersion(version)}))
		writeRecord(t, c, w.ID, strings.ReplaceAll(recordOf(t, c, w.ID), w.ID, "cpu-llm-wopker-rbee-v1.0.0-linux"))
	}
	lock := mustLock(t, c, w.ID)
	defer lock.Release()
	damage("2.0.0")
	require.ErrorIs(t, c.Rewrite(lock, w), ErrCollision)
	damage("1.0.0")
	require.NoError(t, c.Rewrite(lock, w))
	require.True(t, c.Contains(w.ID))
}
