package catalog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// commit installs w with an executable of this content.
func commit(t testing.TB, c *WorkerCatalog, w WorkerBinary, content string) {
	t.Helper()
	lock := mustLock(t, c, w.ID)
	require.NoError(t, c.Commit(lock, w, stage(t, c, w, content)))
	require.NoError(t, lock.Release())
}

func requireContent(t testing.TB, path, content string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, content, string(data))
}

// portable makes c replace folders as on a platform that can't swap them.
func portable(c *WorkerCatalog) *WorkerCatalog {
	c.swap = func(string, string) error { return errors.ErrUnsupported }
	return c
}

func TestCommit_replacesTheWholeFolder(t *testing.T) {
	for name, c := range map[string]*WorkerCatalog{"swap": newWorkers(t), "portable": portable(newWorkers(t))} {
		t.Run(name, func(t *testing.T) {
			w := worker(c, "0.1.0")
			commit(t, c, w, "old")
			requireContent(t, w.Path, "old")
			require.NoError(t, os.WriteFile(filepath.Join(c.WorkerPath(w.ID), "extra"), nil, 0o644))

			w.Size = 8
			commit(t, c, w, "new")
			requireContent(t, w.Path, "new")
			require.NoFileExists(t, filepath.Join(c.WorkerPath(w.ID), "extra"))
			got, err := c.Get(w.ID)
			require.NoError(t, err)
			require.Equal(t, w, got)
			require.Equal(t, []string{"workers-" + w.ID}, namesOf(t, c.stagingHome()))
			require.Empty(t, namesOf(t, c.stagingDir(w.ID)))
			require.Equal(t, []string{"leases"}, namesOf(t, filepath.Join(c.Home(), "locks")))
		})
	}
}

func TestCommit_readersAlwaysSeeAnEntry(t *testing.T) {
	c := newWorkers(t)
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		portable(c) // which promises less: only that readers do no harm
	}
	w := worker(c, "0.1.0")
	commit(t, c, w, "content")
	var done atomic.Bool
	readers := make(chan error)
	for range 2 {
		go func() { readers <- readUntil(c, w, &done) }()
	}
	for range 60 {
		commit(t, c, w, "content")
	}
	done.Store(true)
	for range 2 {
		if err := <-readers; runtime.GOOS == "linux" || runtime.GOOS == "darwin" {
			require.NoError(t, err)
		}
	}
	require.True(t, c.Contains(w.ID))
}

func readUntil(c *WorkerCatalog, w WorkerBinary, done *atomic.Bool) error {
	for !done.Load() {
		if _, err := c.Get(w.ID); err != nil {
			return err
		}
		if _, err := c.Find(Match{Type: w.WorkerType}); err != nil {
			return err
		}
		list, err := c.List()
		if err != nil {
			return err
		}
		if len(list) != 1 {
			return errors.New("the list is empty")
		}
	}
	return nil
}

func TestRecover_restoresAnEntryAfterACrashBetweenTheRenames(t *testing.T) {
	for name, next := range map[string]func(c *WorkerCatalog, w WorkerBinary) error{
		"by the next lock": func(c *WorkerCatalog, w WorkerBinary) error { return mustLock(t, c, w.ID).Release() },
		"by sweep":         func(c *WorkerCatalog, _ WorkerBinary) error { return c.Sweep(0) },
	} {
		t.Run(name, func(t *testing.T) {
			c := portable(newWorkers(t))
			w := worker(c, "0.1.0")
			commit(t, c, w, "old")
			require.NoError(t, os.Rename(c.WorkerPath(w.ID), c.replacedDir(w.ID)))
			require.False(t, c.Contains(w.ID))
			require.NoError(t, next(c, w))
			requireContent(t, w.Path, "old")
			require.NoDirExists(t, c.replacedDir(w.ID))
		})
	}
}

func TestRecover_keepsTheNewEntryAfterACrash(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	commit(t, c, w, "new")
	require.NoError(t, os.CopyFS(c.replacedDir(w.ID), os.DirFS(c.WorkerPath(w.ID))))
	require.NoError(t, mustLock(t, c, w.ID).Release())
	requireContent(t, w.Path, "new")
	require.NoDirExists(t, c.replacedDir(w.ID))
}

func TestRemove_deletesAnEntryThatACrashDisplaced(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	commit(t, c, w, "old")
	require.NoError(t, os.Rename(c.WorkerPath(w.ID), c.replacedDir(w.ID)))
	require.NoError(t, c.Remove(t.Context(), w.ID, LockOptions{}))
	require.NoError(t, c.Sweep(0))
	require.False(t, c.Contains(w.ID))
}

func TestCommit_failedReplacementRestoresTheOldEntry(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	commit(t, c, w, "old")
	err := c.replace(w.ID, filepath.Join(c.Home(), "absent"))
	require.ErrorIs(t, err, os.ErrNotExist)
	requireContent(t, w.Path, "old")
}

func TestCommit_needsTheLockOfItsID(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	lock := mustLock(t, c, w.ID)
	dir := stage(t, c, w, "content")
	other := mustLock(t, c, "other")
	require.ErrorContains(t, c.Commit(other, w, dir), "not held")
	require.NoError(t, other.Release())
	require.NoError(t, lock.Release())
	require.ErrorContains(t, c.Commit(lock, w, dir), "not held")
	require.ErrorContains(t, c.RemoveLocked(lock), "not held")
	require.False(t, c.Contains(w.ID))
}

func TestCommit_refusesTheLockOfAnotherIDInTheSameFolder(t *testing.T) {
	c, err := NewModelCatalogAt(t.TempDir())
	require.NoError(t, err)
	lock, err := c.Lock(context.Background(), "a/b", LockOptions{})
	require.NoError(t, err)
	defer lock.Release()
	staging, err := c.Staging("a:b")
	require.NoError(t, err)
	dir := filepath.Join(staging, "entry")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.ErrorContains(t, c.Commit(lock, NewModelEntry("a:b", "", c.ModelPath("a:b"), 1), dir), "not held")
}

func TestCommit_acceptsOnlyAFolderOfItsStaging(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	lock := mustLock(t, c, w.ID)
	defer lock.Release()
	dir := stage(t, c, w, "content")
	link := filepath.Join(filepath.Dir(dir), "link")
	require.NoError(t, os.Symlink(dir, link))
	absent, file := filepath.Join(dir, "absent"), filepath.Join(dir, "lib", "lib.so")
	for _, dir := range []string{t.TempDir(), filepath.Dir(dir), absent, file, link} {
		require.Error(t, c.Commit(lock, w, dir), dir)
	}
	outside := w
	outside.Path = filepath.Join(c.Home(), "outside")
	require.ErrorContains(t, c.Commit(lock, outside, dir), "not below")
	require.False(t, c.Contains(w.ID))
	require.NoError(t, c.Commit(lock, w, dir))
}

func TestCommit_refusesACollision(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	addWithFile(t, c, w)
	require.NoError(t, os.MkdirAll(c.dir(), 0o755))
	require.NoError(t, os.Rename(c.WorkerPath(w.ID), c.WorkerPath("b")))
	b := workerAs(c, "b", CpuLlm, Linux, "1")
	lock := mustLock(t, c, "b")
	defer lock.Release()
	err := c.Commit(lock, b, stage(t, c, b, "content"))
	require.ErrorIs(t, err, ErrCollision)
	require.ErrorContains(t, err, w.ID)
}

func TestCommit_replacesAnUnreadableEntry(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	writeRecord(t, c, w.ID, "nonsense")
	commit(t, c, w, "content")
	require.True(t, c.Contains(w.ID))
}

func TestCommit_replacesARecordThatCameWithTheFiles(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	lock := mustLock(t, c, w.ID)
	dir := stage(t, c, w, "content")
	require.NoError(t, os.Symlink(filepath.Base(w.Path), filepath.Join(dir, RecordFile)))
	require.NoError(t, c.Commit(lock, w, dir))
	require.NoError(t, lock.Release())
	got, err := c.Get(w.ID)
	require.NoError(t, err)
	require.Equal(t, w, got)
	requireContent(t, w.Path, "content")
}
