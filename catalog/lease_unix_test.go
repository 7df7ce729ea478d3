//go:build unix

package catalog

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLeased_ignoresTheCopyInAStartingProgram(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	commit(t, c, w, "old")
	lease, err := c.Lease(w.ID)
	require.NoError(t, err)
	dead := exec.Command("true")
	require.NoError(t, dead.Run())
	lease.Sign(dead.Process.Pid)
	descriptor, err := syscall.Dup(int(lease.File().Fd()))
	require.NoError(t, err)
	require.NoError(t, lease.Release())

	var leased *LeasedError
	require.ErrorAs(t, c.Leased(w.ID), &leased, "what the worker left running may hold it")
	require.NoError(t, syscall.Close(descriptor))
	require.NoError(t, c.Leased(w.ID))

	lease, err = c.Lease(w.ID)
	require.NoError(t, err)
	lease.Sign(dead.Process.Pid)
	descriptor, err = syscall.Dup(int(lease.File().Fd()))
	require.NoError(t, err)
	require.NoError(t, lease.Release())
	looked := make(chan error)
	go func() { looked <- c.Leased(w.ID) }()
	require.NoError(t, syscall.Close(descriptor))
	require.NoError(t, <-looked)
}
