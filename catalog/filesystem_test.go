package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rbee-keeper/provision/catalog/internal/record"
	"github.com/stretchr/testify/require"
)

func TestWorkerCatalog_addFindListRemove(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	require.False(t, c.Contains(w.ID))
	addWithFile(t, c, w)

	got, err := c.Get(w.ID)
	require.NoError(t, err)
	require.Equal(t, w, got)
	require.True(t, c.Contains(w.ID))
	require.Equal(t, 1, c.Len())

	list, err := c.List()
	require.NoError(t, err)
	require.Equal(t, []WorkerBinary{w}, list)

	found, err := c.FindByTypeAndPlatform(CpuLlm, Current())
	require.NoError(t, err)
	require.Equal(t, w, found)

	require.ErrorIs(t, c.Add(t.Context(), w), ErrExists)
	require.NoError(t, c.Remove(t.Context(), w.ID, LockOptions{}))
	require.NoDirExists(t, c.WorkerPath(w.ID))
	require.False(t, c.Contains(w.ID))
	require.Zero(t, c.Len())
	_, err = c.Get(w.ID)
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorIs(t, c.Remove(t.Context(), w.ID, LockOptions{}), ErrNotFound)
	require.Empty(t, namesOf(t, filepath.Join(c.Home(), "staging")))
	require.Equal(t, []string{"leases"}, namesOf(t, filepath.Join(c.Home(), "locks")))
}

func TestModelCatalog_addListRemove(t *testing.T) {
	c, err := NewModelCatalogAt(t.TempDir())
	require.NoError(t, err)
	m := NewModelEntry("meta-llama/Llama-2-7b", "Llama 2 7B", c.ModelPath("meta-llama/Llama-2-7b"), 13_000_000_000)
	require.NoError(t, c.Add(t.Context(), m))
	require.FileExists(t, filepath.Join(c.Home(), "models", "meta-llama-Llama-2-7b", RecordFile))
	got, err := c.Get(m.ID)
	require.NoError(t, err)
	require.Equal(t, m, got)
	list, err := c.List()
	require.NoError(t, err)
	require.Equal(t, []ModelEntry{m}, list)
	require.NoError(t, c.Remove(t.Context(), m.ID, LockOptions{}))
	require.Zero(t, c.Len())
	for _, id := range []string{"", "..", "org/model name", "./", "org/nul/../x\x00"} {
		require.ErrorIs(t, c.Add(t.Context(), NewModelEntry(id, "", "/x", 1)), ErrInvalidID, "%q", id)
	}
}

func TestAdd_refusesAnIDThatSharesAFolder(t *testing.T) {
	c, err := NewModelCatalogAt(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, c.Add(t.Context(), NewModelEntry("a/b", "", "/x", 1)))
	err = c.Add(t.Context(), NewModelEntry("a:b", "", "/x", 1))
	require.ErrorIs(t, err, ErrCollision)
	require.ErrorContains(t, err, `"a/b"`)
	require.ErrorContains(t, err, `"a:b"`)
	_, err = c.Get("a:b")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorIs(t, c.Remove(t.Context(), "a:b", LockOptions{}), ErrNotFound)
	require.True(t, c.Contains("a/b"))
}

func TestGet_refusesAFolderWithTheRecordOfAnotherID(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	addWithFile(t, c, w)
	require.NoError(t, os.CopyFS(filepath.Join(c.dir(), "backup"), os.DirFS(c.WorkerPath(w.ID))))
	_, err := c.Get("backup")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, w.ID)
	require.ErrorIs(t, c.Add(t.Context(), workerAs(c, "backup", CpuLlm, Linux, "1")), ErrCollision)
	require.ErrorIs(t, c.Remove(t.Context(), "backup", LockOptions{}), ErrNotFound)
	list, err := c.List()
	require.ErrorIs(t, err, ErrCollision)
	require.Equal(t, []WorkerBinary{w}, list)
}

func TestAdd_refusesInvalidWorkers(t *testing.T) {
	c := newWorkers(t)
	for _, id := range []string{"", ".", "..", "../x", "a/b", `a\b`, ".hidden", "CON", "nul.txt", "a b"} {
		require.ErrorIs(t, c.Add(t.Context(), workerAs(c, id, CpuLlm, Linux, "1")), ErrInvalidID, "%q", id)
	}
	require.Error(t, c.Add(t.Context(), workerAs(c, "a", "Not A Slug", Linux, "1")))
	require.Error(t, c.Add(t.Context(), workerAs(c, "a", CpuLlm, "beos", "1")))
	w := workerAs(c, "a", CpuLlm, Linux, "1")
	w.Status = Status{}
	require.Error(t, c.Add(t.Context(), w))
	require.NoDirExists(t, c.WorkerPath("a"))
}

func TestList_reportsEachBadRecordAndListsTheOthers(t *testing.T) {
	c := newWorkers(t)
	b, a := worker(c, "0.2.0"), worker(c, "0.10.0")
	addWithFile(t, c, b)
	addWithFile(t, c, a)
	writeRecord(t, c, "broken", `{"artifact": {`)
	writeRecord(t, c, "huge", strings.Repeat(" ", record.MaxSize+1))
	writeRecord(t, c, ".hidden", `nonsense`)
	require.NoError(t, os.Mkdir(filepath.Join(c.dir(), "empty"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(c.dir(), "odd", RecordFile), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(c.dir(), "README"), nil, 0o644))

	list, err := c.List()
	require.Equal(t, []WorkerBinary{a, b}, list, "ordered by ID")
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	var dirs []string
	for _, err := range joined.Unwrap() {
		var bad *RecordError
		require.ErrorAs(t, err, &bad)
		dirs = append(dirs, filepath.Base(bad.Dir))
	}
	require.Equal(t, []string{"broken", "empty", "huge", "odd"}, dirs)

	_, err = c.Get("broken")
	var bad *RecordError
	require.ErrorAs(t, err, &bad)
	require.NotErrorIs(t, err, ErrNotFound)
	_, err = c.Get("empty")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorIs(t, c.Add(t.Context(), workerAs(c, "broken", CpuLlm, Linux, "1")), ErrExists)
	require.NoError(t, c.Remove(t.Context(), "broken", LockOptions{}))
	require.NoError(t, c.Remove(t.Context(), "empty", LockOptions{}))
}

func TestAdd_recordsAnExistingFolder(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	require.NoError(t, os.MkdirAll(c.WorkerPath(w.ID), 0o755))
	require.NoError(t, os.WriteFile(w.Path, []byte("content"), 0o755))
	require.NoError(t, c.Add(t.Context(), w))
	require.FileExists(t, w.Path)
	require.ElementsMatch(t, []string{RecordFile, filepath.Base(w.Path)}, namesOf(t, c.WorkerPath(w.ID)))
}

func TestAdd_oneOfManySucceeds(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	results := make(chan error)
	for range 8 {
		go func() { results <- c.Add(t.Context(), w) }()
	}
	added := 0
	for range 8 {
		if err := <-results; err == nil {
			added++
		} else {
			require.ErrorIs(t, err, ErrExists)
		}
	}
	require.Equal(t, 1, added)
}

func TestRemove_keepsWhatARecordPointsTo(t *testing.T) {
	c := newWorkers(t)
	outside := filepath.Join(t.TempDir(), "worker")
	require.NoError(t, os.WriteFile(outside, []byte("content"), 0o755))
	w := worker(c, "0.1.0")
	w.Path = outside
	require.NoError(t, c.Add(t.Context(), w))
	require.NoError(t, os.Symlink(filepath.Dir(outside), filepath.Join(c.WorkerPath(w.ID), "link")))
	require.NoError(t, c.Remove(t.Context(), w.ID, LockOptions{}))
	require.FileExists(t, outside)
}

func TestList_absentHomeIsEmptyAndStaysAbsent(t *testing.T) {
	c := newWorkers(t)
	list, err := c.List()
	require.NoError(t, err)
	require.Empty(t, list)
	require.Zero(t, c.Len())
	require.False(t, c.Contains("a"))
	_, err = c.Get("a")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = c.FindByTypeAndPlatform(CpuLlm, Current())
	require.ErrorIs(t, err, ErrNotFound)
	_, err = c.ReadProvenance("a")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorIs(t, c.Remove(t.Context(), "a", LockOptions{}), ErrNotFound)
	require.ErrorIs(t, c.Touch("a"), ErrNotFound)
	require.NoError(t, c.Sweep(0))
	require.NoDirExists(t, c.Home())
}

func TestFilesystem_readingNeedsNoWritePermission(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	addWithFile(t, c, w)
	for _, name := range []string{"staging", "locks"} { // files where folders should be: nothing can be written
		require.NoError(t, os.RemoveAll(filepath.Join(c.Home(), name)))
		require.NoError(t, os.WriteFile(filepath.Join(c.Home(), name), nil, 0o444))
	}
	list, err := c.List()
	require.NoError(t, err)
	require.Equal(t, []WorkerBinary{w}, list)
	found, err := c.FindByTypeAndPlatform(CpuLlm, Current())
	require.NoError(t, err)
	require.Equal(t, w, found)
	require.Error(t, c.Touch(w.ID))
	require.Error(t, c.Add(t.Context(), worker(c, "0.2.0")))
	require.Error(t, c.Remove(t.Context(), w.ID, LockOptions{}))
	require.True(t, c.Contains(w.ID))
}

func TestList_failsIfTheFolderIsAFile(t *testing.T) {
	c := newWorkers(t)
	require.NoError(t, os.MkdirAll(c.Home(), 0o755))
	require.NoError(t, os.WriteFile(c.dir(), nil, 0o644))
	_, err := c.List()
	require.Error(t, err)
	_, err = c.Get("a")
	require.NotErrorIs(t, err, ErrNotFound)
	_, err = c.FindByTypeAndPlatform(CpuLlm, Current())
	require.Error(t, err)
	require.NotErrorIs(t, err, ErrNotFound)
}

func TestNewFilesystem_refusesMalformedKinds(t *testing.T) {
	for _, kind := range []string{"", "..", "a/b", "a-b", "Models", "staging", "locks", "state", "removed", "replaced"} {
		_, err := NewFilesystem[WorkerBinary](t.TempDir(), kind, nil)
		require.Error(t, err, "%q", kind)
	}
}
