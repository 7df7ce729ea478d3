package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rbee-keeper/provision/catalog/internal/record"
	"github.com/stretchr/testify/require"
)

// foreignIDs are names of folders that we would not make.
var foreignIDs = []string{
	"llm-worker-rbee-cpu-0.1.0-linux", "my worker@1.0 (old)", "cpu-llm-worker-rbee-v01.0-linux", "größer", "%2e%2e",
	"a..b", "x.",
	// 252 bytes; a file system takes 255
	"removed-a", "replaced-workers-a", "workers-a", strings.Repeat("long", 60) + "-0.1.0-linux",
}

// writeForeign makes an entry as the Rust hive does, and returns its record.
func writeForeign(t testing.TB, c *WorkerCatalog, id string) string {
	t.Helper()
	record := strings.ReplaceAll(string(dialect(t, "lowercase")), "llm-worker-rbee-cpu-0.1.0-linux", id)
	writeRecord(t, c, id, record)
	require.NoError(t, os.WriteFile(filepath.Join(c.WorkerPath(id), "llm-worker-rbee-cpu"), []byte("worker"), 0o755))
	return record
}

func TestFilesystem_foreignEntriesSupportEveryOperation(t *testing.T) {
	for _, id := range foreignIDs {
		c := newWorkers(t)
		other := worker(c, "0.0.1")
		addWithFile(t, c, other)
		record := writeForeign(t, c, id)

		list, err := c.List()
		require.NoError(t, err, id)
		require.Len(t, list, 2, id)
		w, err := c.Find(Match{Type: CpuLlm, Platform: Linux, Arch: AMD64, Constraint: MustConstraint("0.1.0")})
		require.NoError(t, err, id)
		require.Equal(t, id, w.ID)
		require.Equal(t, filepath.Join(c.WorkerPath(id), "llm-worker-rbee-cpu"), w.Path, "recorded is where it was written")

		require.NoError(t, c.Sweep(0), id)
		require.Equal(t, record, recordOf(t, c, id))
		require.NoError(t, c.Touch(id), id)
		require.Equal(t, strings.SplitAfter(record, `"last_accessed": `)[0],
			strings.SplitAfter(recordOf(t, c, id), `"last_accessed": `)[0])

		lease, err := c.Lease(id)
		require.NoError(t, err, id)
		var leased *LeasedError
		require.ErrorAs(t, c.Remove(t.Context(), id, LockOptions{}), &leased, id)
		require.True(t, c.Contains(id), id)
		require.NoError(t, lease.Release(), id)
		require.NoError(t, c.Remove(t.Context(), id, LockOptions{}), id)
		list, err = c.List()
		require.NoError(t, err, id)
		require.Equal(t, []WorkerBinary{other}, list, id)
		require.Empty(t, namesOf(t, c.stagingHome()), id)
	}
}

func TestLockName_differsForLongForeignIDs(t *testing.T) {
	c := newWorkers(t)
	long := strings.Repeat("long", 60)
	a := mustLock(t, c, long+"a")
	b, ok, err := c.TryLock(long + "b")
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, a.Release())
	require.NoError(t, b.Release())
}

func TestGet_waitsForARecordThatIsBeingWritten(t *testing.T) {
	c := newWorkers(t)
	const id = "llm-worker-rbee-cpu-0.1.0-linux"
	record := writeForeign(t, c, id)
	path := filepath.Join(c.WorkerPath(id), RecordFile)
	root, err := os.OpenRoot(c.dir())
	require.NoError(t, err)
	defer root.Close()
	for _, half := range []string{"", record[:len(record)/2]} {
		contents := []string{half, half, record} // written in place, as the Rust hive does
		require.NoError(t, readStable(root, id, func() error {
			require.NoError(t, os.WriteFile(path, []byte(contents[0]), 0o644))
			contents = contents[1:]
			_, err := c.read(root, id)
			return err
		}))
		require.Empty(t, contents)
	}
}

func TestTouch_refusesHalfARecord(t *testing.T) {
	data := dialect(t, "original")
	for end := range data {
		touched, err := record.SetLastAccessed(data[:end], touchTime)
		require.Error(t, err, "%s", touched)
	}
}

// FuzzEntry puts any record in a folder of any name, and checks that nothing but that folder is ever touched.
func FuzzEntry(f *testing.F) {
	for _, id := range foreignIDs {
		f.Add(id, dialect(f, "lowercase"))
	}
	f.Add("cpu-llm-worker-rbee-v0.1.0-linux", dialect(f, "original"))
	f.Add("a", []byte(`{"artifact":{"id":"../outside","worker_type":"CpuLlm","platform":"Linux",`+
		`"path":"../../outside/file"}}`))
	f.Fuzz(func(t *testing.T, name string, record []byte) {
		c := newWorkers(t)
		outside := filepath.Join(c.Home(), "outside")
		require.NoError(t, os.MkdirAll(outside, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(outside, RecordFile), dialect(t, "original"), 0o644))
		kept := worker(c, "0.0.1")
		whole, err := encodeRecord(kept, kept.AddedAt)
		require.NoError(t, err)
		writeRecord(t, c, kept.ID, string(whole))
		if isSafeName(name) && os.Mkdir(filepath.Join(c.dir(), name), 0o755) == nil {
			require.NoError(t, os.WriteFile(filepath.Join(c.dir(), name, RecordFile), record, 0o644))
			// nobody is writing it
			require.NoError(t, os.Chtimes(filepath.Join(c.dir(), name, RecordFile), touchTime, touchTime))
		}
		list, _ := c.List() // of the record's error
		for _, w := range list {
			dir, err := c.EntryDir(w.ID)
			require.NoError(t, err)
			require.Equal(t, c.dir(), filepath.Dir(dir))
		}
		_, _ = c.FindByTypeAndPlatform(CpuLlm, Linux)
		_ = c.Touch(name)
		if lease, err := c.Lease(name); err == nil {
			require.NoError(t, lease.Release())
		}
		if name != kept.ID {
			_ = c.Remove(t.Context(), name, LockOptions{})
		}
		require.NoError(t, c.Sweep(0))
		require.True(t, c.Contains(kept.ID))
		require.Equal(t, []string{RecordFile}, namesOf(t, outside))
	})
}
