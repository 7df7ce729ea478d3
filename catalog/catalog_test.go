package catalog

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/stretchr/testify/require"
)

// newWorkers opens a catalog in a home that does not exist yet.
func newWorkers(t testing.TB) *WorkerCatalog {
	t.Helper()
	c, err := NewWorkerCatalogAt(filepath.Join(t.TempDir(), "rbee"))
	require.NoError(t, err)
	return c
}

// worker describes a worker for this machine whose executable is in its entry.
func worker(c *WorkerCatalog, version string) WorkerBinary {
	id := ID{CpuLlm, MustVersion(version), Current(), CurrentArch()}.String()
	return workerAs(c, id, CpuLlm, Current(), version)
}

func workerAs(c *WorkerCatalog, id string, t WorkerType, p Platform, version string) WorkerBinary {
	return NewWorkerBinary(id, t, p, filepath.Join(c.WorkerPath(id), t.BinaryName()), 7, version)
}

// addWithFile adds a worker, executable and all.
func addWithFile(t testing.TB, c *WorkerCatalog, w WorkerBinary) {
	t.Helper()
	require.NoError(t, c.Add(t.Context(), w))
	require.NoError(t, os.WriteFile(filepath.Join(c.WorkerPath(w.ID), w.WorkerType.BinaryName()), []byte("content"),
		0o755))
}

// writeRecord puts a record in place as another program would.
func writeRecord(t testing.TB, c *WorkerCatalog, folder, record string) {
	t.Helper()
	dir := filepath.Join(c.dir(), folder)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, RecordFile), []byte(record), 0o644))
}

// stage prepares an entry with an executable of this content.
func stage(t testing.TB, c *WorkerCatalog, w WorkerBinary, content string) string {
	t.Helper()
	staging, err := c.Staging(w.ID)
	require.NoError(t, err)
	dir := filepath.Join(staging, "entry")
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "lib"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(w.Path)), []byte(content), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lib", "lib.so"), []byte(content), 0o444))
	return dir
}

func mustLock(t testing.TB, c *WorkerCatalog, id string) *Lock {
	t.Helper()
	lock, err := c.Lock(context.Background(), id, LockOptions{})
	require.NoError(t, err)
	return lock
}

func namesOf(t testing.TB, dir string) []string {
	t.Helper()
	names, err := files.Names(dir)
	require.NoError(t, err)
	return names
}
