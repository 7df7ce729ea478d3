package catalog

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProvenance_isReadAsWritten(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "0.1.0")
	addWithFile(t, c, w)
	_, err := c.ReadProvenance(w.ID)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NotErrorIs(t, err, ErrNotFound, "the entry is there")

	p := Provenance{Vendor: "github-release", Source: "x?a&b", Version: MustVersion("0.1.0"), Integrity: Published}
	require.NoError(t, WriteProvenance(c.WorkerPath(w.ID), p))
	got, err := c.ReadProvenance(w.ID)
	require.NoError(t, err)
	require.Equal(t, p.Source, got.Source)
	require.Zero(t, p.Version.Compare(got.Version))
	data, err := os.ReadFile(filepath.Join(c.WorkerPath(w.ID), ProvenanceFile))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(data), "{\n  \"vendor\""))
	require.True(t, strings.HasSuffix(string(data), "}\n"))
	require.Contains(t, string(data), "x?a&b")

	require.NoError(t, os.WriteFile(filepath.Join(c.WorkerPath(w.ID), ProvenanceFile), make([]byte, maxProvenanceSize+1),
		0o644))
	_, err = c.ReadProvenance(w.ID)
	require.ErrorContains(t, err, "larger")
}
