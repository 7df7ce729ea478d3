package catalog

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSweep_removesTheLeaseMutexOfADeadProcess(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	commit(t, c, w, "old")
	gate := filepath.Join(c.leaseDir(w.ID), leaseMutexName)
	require.NoError(t, os.MkdirAll(filepath.Dir(gate), 0o755))
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	lease, err := c.Lease(w.ID)
	require.NoError(t, err)
	require.NoError(t, lease.Release())
	require.NoDirExists(t, c.leaseDir(w.ID))

	require.NoError(t, os.MkdirAll(filepath.Dir(gate), 0o755))
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	require.NoError(t, c.Sweep(0))
	require.NoDirExists(t, c.leaseDir(w.ID))
}
