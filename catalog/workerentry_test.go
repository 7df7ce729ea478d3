package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// installEntry records a worker, and its provenance unless p is nil.
func installEntry(t *testing.T, c *WorkerCatalog, id string, p *Provenance) string {
	t.Helper()
	dir := c.WorkerPath(id)
	require.NoError(t, c.Add(t.Context(), NewWorkerBinary(id, CpuLlm, Linux, filepath.Join(dir, "elsewhere"), 3,
		"not a version")))
	if p != nil {
		require.NoError(t, WriteProvenance(dir, *p))
	}
	return dir
}

func TestEntry_returnsTheRecordWithItsProvenance(t *testing.T) {
	c, err := NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	digest := Digest("sha256:" + strings.Repeat("ab", 32))
	dir := installEntry(t, c, "ours", &Provenance{
		Vendor: "acme", Fallback: true, Executable: "bin/server",
		Files: []InstalledFile{{Path: "lib"}, {Path: "bin/server", Size: 3, Digest: digest}},
	})
	e, err := c.Entry("ours")
	require.NoError(t, err)
	require.NoError(t, e.Damage)
	require.False(t, e.IsForeign())
	require.True(t, e.IsFallback())
	require.Equal(t, "acme", e.Vendor())
	require.Equal(t, digest, e.Digest())
	require.Equal(t, filepath.Join(dir, "bin", "server"), e.Executable())
	f, ok := e.ExecutableFile()
	require.True(t, ok)
	require.EqualValues(t, 3, f.Size)
}

func TestEntry_ofAnotherProgramHasNoProvenance(t *testing.T) {
	c, err := NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	dir := installEntry(t, c, "foreign", nil)
	e, err := c.Entry("foreign")
	require.NoError(t, err)
	require.True(t, e.IsForeign())
	require.True(t, e.Version().IsZero())
	require.Empty(t, e.Digest())
	require.Equal(t, filepath.Join(dir, "elsewhere"), e.Executable())
}

func TestEntry_reportsADamagedProvenanceBesideTheRecord(t *testing.T) {
	c, err := NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	dir := installEntry(t, c, "damaged", &Provenance{Vendor: "acme"})
	require.NoError(t, os.WriteFile(filepath.Join(dir, ProvenanceFile), []byte("{}"), 0o600))
	e, err := c.Entry("damaged")
	require.NoError(t, err)
	require.ErrorContains(t, e.Damage, "checksum")
	require.False(t, e.IsForeign(), "what can't be read is not foreign")
	require.Equal(t, "damaged", e.Worker.ID)
}

func TestEntry_isNotFoundWithoutARecord(t *testing.T) {
	c, err := NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	_, err = c.Entry("absent")
	require.ErrorIs(t, err, ErrNotFound)
}

func TestEntries_returnsEveryReadableEntry(t *testing.T) {
	c, err := NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	installEntry(t, c, "b", nil)
	installEntry(t, c, "a", &Provenance{Vendor: "acme"})
	dir := installEntry(t, c, "c", nil)
	require.NoError(t, os.WriteFile(filepath.Join(dir, RecordFile), []byte("{}"), 0o600))
	entries, err := c.Entries()
	require.Error(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, "acme", entries[0].Vendor())
	require.True(t, entries[1].IsForeign())
}
