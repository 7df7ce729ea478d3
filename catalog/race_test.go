package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/stretchr/testify/require"
)

// raceHome makes the test binary a process that installs, removes and leases one entry in turn, with others that do the
// same.
const raceHome = "CATALOG_TEST_RACE_HOME"

// race does so many times what another process may do at the same moment, and returns what went wrong.
func race(home string, times int, swap func(a, b string) error) error {
	c, err := NewWorkerCatalogAt(home)
	if err != nil {
		return err
	}
	c.swap = swap
	w := worker(c, "1.0.0")
	for range times {
		switch rand.IntN(4) {
		case 0:
			err = c.Remove(context.Background(), w.ID, LockOptions{})
		case 1:
			err = c.replaceBy(w)
		case 2:
			err = errors.Join(c.Recover(), c.Sweep(0))
		default:
			err = c.useLeased(w)
		}
		if _, leased := errors.AsType[*LeasedError](err); err != nil && !leased && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// replaceBy installs w anew.
func (c *WorkerCatalog) replaceBy(w WorkerBinary) error {
	lock, err := c.Lock(context.Background(), w.ID, LockOptions{})
	if err != nil {
		return err
	}
	dir, err := c.Staging(w.ID)
	if err != nil {
		return errors.Join(err, lock.Release())
	}
	dir = filepath.Join(dir, "entry")
	err = errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755),
		os.WriteFile(filepath.Join(dir, filepath.Base(w.Path)), []byte("worker"), 0o755))
	if err == nil {
		err = c.Commit(lock, w, dir)
	}
	return errors.Join(err, lock.Release())
}

// useLeased takes a lease and does what starts a worker.
func (c *WorkerCatalog) useLeased(w WorkerBinary) error {
	lease, err := c.Lease(w.ID)
	if err != nil {
		return err
	}
	for range 20 {
		if _, err = c.Get(w.ID); err != nil {
			err = fmt.Errorf("get a leased entry: %s", err)
			break
		}
		if _, err = os.ReadFile(w.Path); err != nil {
			err = fmt.Errorf("read a leased entry: %s", err)
			break
		}
	}
	return errors.Join(err, lease.Release())
}

func TestFilesystem_manyProcessesAtOneEntry(t *testing.T) {
	if home := os.Getenv(raceHome); home != "" {
		require.NoError(t, race(home, 40, files.Exchange))
		require.NoError(t, race(home, 40, func(a, b string) error { return errors.ErrUnsupported }))
		return
	}
	if runtime.GOOS == "windows" {
		t.Skip("a folder that a reader has a file of open can't be renamed there")
	}
	c := newWorkers(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
			child.Env = append(os.Environ(), raceHome+"="+c.Home())
			output, err := child.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
	wg.Wait()
	require.NoError(t, c.Sweep(0))
	var left []string // of locks, leases and staging
	require.NoError(t, filepath.WalkDir(c.Home(), func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() && !strings.HasPrefix(path, c.dir()) {
			left = append(left, path)
		}
		return err
	}))
	require.Empty(t, left)
}
