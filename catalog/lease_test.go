package catalog

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/stretchr/testify/require"
)

func TestLease_preventsRemovalAndReplacement(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	commit(t, c, w, "old")
	first, err := c.Lease(w.ID)
	require.NoError(t, err)
	first.Sign(4711)
	second, err := c.Lease(w.ID)
	require.NoError(t, err)
	require.NoError(t, second.Release())

	leased, ok := errors.AsType[*LeasedError](c.Remove(t.Context(), w.ID, LockOptions{}))
	require.True(t, ok)
	require.Equal(t, &LeasedError{ID: w.ID, PIDs: []int{4711}}, leased)
	require.FileExists(t, w.Path)
	require.ErrorAs(t, c.Leased(w.ID), &leased)
	for _, swap := range []func(a, b string) error{files.Exchange,
		func(string, string) error { return errors.ErrUnsupported }} {
		c.swap = swap
		require.ErrorAs(t, commitAgain(t, c, w), &leased)
		require.FileExists(t, w.Path)
	}
	require.NoError(t, first.Release())
	require.NoError(t, first.Release(), "only the first call does anything")
	require.NoError(t, commitAgain(t, c, w))
	require.NoError(t, c.Remove(t.Context(), w.ID, LockOptions{}))
	left, err := filepath.Glob(filepath.Join(c.Home(), "locks", "*", "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// commitAgain replaces an entry by a staged one of the same ID.
func commitAgain(t *testing.T, c *WorkerCatalog, w WorkerBinary) error {
	t.Helper()
	lock := mustLock(t, c, w.ID)
	defer lock.Release()
	return c.Commit(lock, w, stage(t, c, w, "new"))
}

func TestLeasedError_isOneLineForManyProcesses(t *testing.T) {
	e := &LeasedError{ID: "x", PIDs: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	require.EqualError(t, e, `entry "x" is in use by process 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more`)
}

func TestLease_takenDuringASwapIsOfTheNewEntry(t *testing.T) {
	for name, swap := range map[string]func(a, b string) error{
		"swap":     files.Exchange,
		"portable": func(string, string) error { return errors.ErrUnsupported },
	} {
		t.Run(name, func(t *testing.T) {
			c := newWorkers(t)
			w := worker(c, "1.0.0")
			commit(t, c, w, "old")
			taken := make(chan error, 1)
			var lease *Lease
			c.swap = func(a, b string) error {
				go func() {
					var err error
					lease, err = c.Lease(w.ID)
					taken <- err
				}()
				time.Sleep(20 * time.Millisecond)
				require.Empty(t, taken, "it waits")
				return swap(a, b)
			}
			require.NoError(t, commitAgain(t, c, w))
			require.NoError(t, <-taken)
			requireContent(t, w.Path, "new")
			require.NoError(t, lease.Release())
		})
	}
}

func TestLease_needsAnEntry(t *testing.T) {
	c := newWorkers(t)
	_, err := c.Lease("cpu-llm-worker-rbee-v1.0.0-linux")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = c.Lease("../x")
	require.ErrorIs(t, err, ErrInvalidID)
}

func TestLease_lastsAsLongAsTheProcessThatInheritedIt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a lease ends with its program there")
	}
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	commit(t, c, w, "old")
	lease, err := c.Lease(w.ID)
	require.NoError(t, err)
	worker := exec.Command("cat")
	worker.ExtraFiles = []*os.File{lease.File()}
	stdin, err := worker.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, worker.Start())
	lease.Sign(worker.Process.Pid)
	require.NoError(t, lease.Release())

	var leased *LeasedError
	require.ErrorAs(t, c.Remove(t.Context(), w.ID, LockOptions{}), &leased)
	require.Equal(t, []int{worker.Process.Pid}, leased.PIDs)
	require.NoError(t, stdin.Close())
	require.NoError(t, worker.Wait())
	require.NoError(t, c.Remove(t.Context(), w.ID, LockOptions{}))
}
