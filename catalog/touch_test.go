package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var touchTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func recordOf(t *testing.T, c *WorkerCatalog, id string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(c.WorkerPath(id), RecordFile))
	require.NoError(t, err)
	return string(data)
}

func TestTouch_changesOnlyTheTime(t *testing.T) {
	c := newWorkers(t)
	c.now = func() time.Time { return touchTime }
	original := string(dialect(t, "original"))
	with := func(lastAccessed string) string { return strings.Replace(original, `null`, lastAccessed, 1) }
	const (
		id    = "cpu-llm-worker-rbee-v0.1.0-linux"
		stamp = `"2026-01-02T03:04:05Z"`
		more  = `, "zebra": [1,  2], "apple": {"last_accessed":"x"}`
	)
	for record, want := range map[string]string{
		original:                       with(stamp),
		with(`null` + more):            with(stamp + more),
		with(`"2026-01-02T02:04:05Z"`): with(stamp),
		with(`"2026-01-02T02:04:06Z"`): with(`"2026-01-02T02:04:06Z"`), // less than an hour ago
		with(`"2030-01-01T00:00:00Z"`): with(stamp),
		with(`"long ago"`):             with(stamp),
		strings.Replace(original, ",\n  \"last_accessed\": null", "", 1): with(stamp),
	} {
		writeRecord(t, c, id, record)
		require.NoError(t, c.Touch(id))
		require.Equal(t, want, recordOf(t, c, id))
		require.Equal(t, []string{RecordFile}, namesOf(t, c.WorkerPath(id)))
	}
}

func TestTouch_skipsALockedEntry(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	addWithFile(t, c, w)
	before := recordOf(t, c, w.ID)
	lock := mustLock(t, c, w.ID)
	require.NoError(t, c.Touch(w.ID))
	require.Equal(t, before, recordOf(t, c, w.ID))
	require.NoError(t, lock.Release())
	require.NoError(t, c.Touch(w.ID))
	require.NotEqual(t, before, recordOf(t, c, w.ID))
}

func TestGet_doesNotTouch(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	addWithFile(t, c, w)
	before := recordOf(t, c, w.ID)
	_, err := c.Get(w.ID)
	require.NoError(t, err)
	_, err = c.List()
	require.NoError(t, err)
	_, err = c.FindByTypeAndPlatform(CpuLlm, Current())
	require.NoError(t, err)
	require.Equal(t, before, recordOf(t, c, w.ID))
}
