package catalog

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFilesystem_IDsNeverEscapeTheCatalog(t *testing.T) {
	c := newWorkers(t)
	outside := filepath.Join(c.Home(), "outside")
	require.NoError(t, os.MkdirAll(outside, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(outside, RecordFile), dialect(t, "original"), 0o644))
	addWithFile(t, c, worker(c, "0.1.0"))
	for _, id := range []string{"", ".", "..", "../outside", outside, "./../outside", "a/../../outside", `..\outside`} {
		_, err := c.Get(id)
		require.ErrorIs(t, err, ErrNotFound, "%q", id)
		require.ErrorIs(t, err, ErrInvalidID, "%q", id)
		require.ErrorIs(t, c.Remove(t.Context(), id, LockOptions{}), ErrNotFound, "%q", id)
		_, _, err = c.TryLock(id)
		require.ErrorIs(t, err, ErrInvalidID, "%q", id)
		_, err = c.Staging(id)
		require.ErrorIs(t, err, ErrInvalidID, "%q", id)
		_, err = c.EntryDir(id)
		require.ErrorIs(t, err, ErrInvalidID, "%q", id)
		_, err = c.ReadProvenance(id)
		require.ErrorIs(t, err, ErrInvalidID, "%q", id)
	}
	require.FileExists(t, filepath.Join(outside, RecordFile))
	require.Equal(t, 1, c.Len())
}

func TestFilesystem_readsAndRemovesForeignIDs(t *testing.T) {
	c := newWorkers(t)
	const id = "my worker@1.0 (old)"
	writeRecord(t, c, id, strings.Replace(string(dialect(t, "lowercase")), "llm-worker-rbee-cpu-0.1.0-linux", id, 1))
	require.True(t, c.Contains(id))
	require.NoError(t, c.Remove(t.Context(), id, LockOptions{}))
	require.Zero(t, c.Len())
}

func TestGet_refusesALinkedFolder(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.2.0")
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, RecordFile), dialect(t, "original"), 0o644))
	addWithFile(t, c, w)
	const linked = "cpu-llm-worker-rbee-v0.1.0-linux"
	for link, target := range map[string]string{linked: outside, "sibling": w.ID} {
		require.NoError(t, os.Symlink(target, filepath.Join(c.dir(), link)))
		require.False(t, c.Contains(link))
		require.ErrorIs(t, c.Remove(t.Context(), link, LockOptions{}), ErrNotFound)
	}
	require.FileExists(t, filepath.Join(outside, RecordFile))
	list, err := c.List()
	require.NoError(t, err)
	require.Equal(t, []WorkerBinary{w}, list)
}

func TestGet_findsThePathInAMovedCatalog(t *testing.T) {
	c := newWorkers(t)
	for folder, recorded := range map[string]string{
		"unix":    "/gone/workers/unix/worker",
		"windows": `C:\\gone\\workers\\windows\\worker`,
		"bare":    "worker",
	} {
		writeRecord(t, c, folder, `{"artifact": {"id": "`+folder+`", "worker_type": "CpuLlm", "platform": "Linux", "path": "`+
			recorded+`", "size": 1, "status": "Available", "version": "1"}}`)
		w, err := c.Get(folder)
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(recorded, `\\`, `\`), w.Path, "no such file: as recorded")

		inside := filepath.Join(c.dir(), folder, "worker")
		require.NoError(t, os.WriteFile(inside, nil, 0o755))
		w, err = c.Get(folder)
		require.NoError(t, err)
		require.Equal(t, inside, w.Path)

		nested := filepath.Join(c.dir(), folder, "bin", "server")
		require.NoError(t, os.MkdirAll(filepath.Dir(nested), 0o755))
		require.NoError(t, os.WriteFile(nested, nil, 0o755))
		require.NoError(t, WriteProvenance(filepath.Join(c.dir(), folder), Provenance{Executable: "bin/server"}))
		w, err = c.Get(folder)
		require.NoError(t, err)
		require.Equal(t, nested, w.Path)
	}
}

func TestGet_findsAMovedModelFolder(t *testing.T) {
	c, err := NewModelCatalogAt(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, c.Add(t.Context(), NewModelEntry("a/b", "", "/gone/models/a-b", 1)))
	m, err := c.Get("a/b")
	require.NoError(t, err)
	require.Equal(t, c.ModelPath("a/b"), m.Path)
}

func TestGet_pathsFromAProvenanceNeverLeaveTheCatalog(t *testing.T) {
	c := newWorkers(t)
	require.NoError(t, os.MkdirAll(c.Home(), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(c.Home(), "outside"), nil, 0o755))
	w := workerAs(c, "a", CpuLlm, Linux, "1")
	require.NoError(t, c.Add(t.Context(), w))
	require.NoError(t, os.Symlink(c.Home(), filepath.Join(c.WorkerPath("a"), "up")))
	for _, executable := range []string{"../../outside", "up/outside", filepath.Join(c.Home(), "outside"), ".", ".."} {
		require.NoError(t, WriteProvenance(c.WorkerPath("a"), Provenance{Executable: executable}))
		got, err := c.Get("a")
		require.NoError(t, err)
		require.Equal(t, w.Path, got.Path, executable)
	}
}

func TestReadStable_readsAgainWhenTheFolderChanged(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "entry"), 0o755))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	file := filepath.Join(dir, "entry", "file")
	missed := 0
	err = readStable(root, "entry", func() error {
		if _, err := os.Stat(file); err == nil {
			return nil
		}
		missed++
		// the folder keeps its number, as one that took another's place may
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		future := time.Now().Add(time.Second)
		require.NoError(t, os.Chtimes(filepath.Join(dir, "entry"), future, future))
		return fs.ErrNotExist
	})
	require.NoError(t, err)
	require.Equal(t, 1, missed)

	err = readStable(root, "entry", func() error { return fs.ErrNotExist })
	require.ErrorIs(t, err, fs.ErrNotExist, "a folder that does not change lacks the file")
}
