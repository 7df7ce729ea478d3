package catalog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rbee-keeper/provision/catalog/internal/filelock"
	"github.com/stretchr/testify/require"
)

// holderHome and holderID make the test binary a process that holds a lock until its stdin ends.
const (
	holderHome = "CATALOG_TEST_LOCK_HOME"
	holderID   = "CATALOG_TEST_LOCK_ID"
)

func TestMain(m *testing.M) {
	if os.Getenv(holderHome) != "" {
		os.Exit(holdLock(os.Getenv(holderHome), os.Getenv(holderID)))
	}
	os.Exit(m.Run())
}

func holdLock(home, id string) int {
	c, err := NewWorkerCatalogAt(home)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	lock, err := c.Lock(context.Background(), id, LockOptions{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("locked")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if lock.Release() != nil {
		return 1
	}
	return 0
}

// startHolder returns a process that holds the lock of id; closing its stdin makes it release the lock.
func startHolder(t *testing.T, c *WorkerCatalog, id string) (*exec.Cmd, io.Closer) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holderHome+"="+c.Home(), holderID+"="+id)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "locked\n", line)
	return cmd, stdin
}

func TestLock_excludesGoroutines(t *testing.T) {
	c := newWorkers(t)
	var inside, total atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				lock, err := c.Lock(context.Background(), "a", LockOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d goroutines hold the lock", n)
				}
				total.Add(1)
				runtime.Gosched() // lets another in, if the lock does
				inside.Add(-1)
				if err := lock.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 40, total.Load())
	require.Empty(t, namesOf(t, filepath.Join(c.Home(), "locks")))
}

func TestLock_isPerEntry(t *testing.T) {
	c := newWorkers(t)
	a := mustLock(t, c, "a")
	b, ok, err := c.TryLock("b")
	require.NoError(t, err)
	require.True(t, ok)
	_, ok, err = c.TryLock("a")
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, a.Release())
	require.NoError(t, b.Release())
}

func TestLock_excludesAnotherProcess(t *testing.T) {
	c := newWorkers(t)
	cmd, stdin := startHolder(t, c, "a")
	_, ok, err := c.TryLock("a")
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, stdin.Close())
	lock := mustLock(t, c, "a")
	require.NoError(t, cmd.Wait())
	require.NoError(t, lock.Release())
	require.Empty(t, namesOf(t, filepath.Join(c.Home(), "locks")))
}

func TestLock_reportsTheHolderOnce(t *testing.T) {
	c := newWorkers(t)
	c.waitNotice = time.Millisecond
	cmd, stdin := startHolder(t, c, "a")
	var holders []string
	lock, err := c.Lock(context.Background(), "a", LockOptions{OnWait: func(holder string) {
		holders = append(holders, holder)
		require.NoError(t, stdin.Close())
	}})
	require.NoError(t, err)
	require.NoError(t, lock.Release())
	require.Equal(t, []string{fmt.Sprintf("process %d", cmd.Process.Pid)}, holders)
}

func TestLock_ofAKilledProcessIsFree(t *testing.T) {
	c := newWorkers(t)
	cmd, _ := startHolder(t, c, "a")
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.NotEmpty(t, namesOf(t, filepath.Join(c.Home(), "locks")), "it could not tidy up")
	lock := mustLock(t, c, "a")
	require.NoError(t, lock.Release())
	require.Empty(t, namesOf(t, filepath.Join(c.Home(), "locks")))
}

func TestSweep_removesOnlyTheLockFilesOfKilledProcesses(t *testing.T) {
	c := newWorkers(t)
	dead, _ := startHolder(t, c, "dead")
	startHolder(t, c, "alive")
	require.NoError(t, dead.Process.Kill())
	require.Error(t, dead.Wait())
	require.NoError(t, c.Sweep(0))
	require.Equal(t, []string{"workers-alive.lock"}, namesOf(t, filepath.Join(c.Home(), "locks")))
}

func TestLock_waitEndsWithTheContext(t *testing.T) {
	c := newWorkers(t)
	c.waitNotice = time.Millisecond
	lock := mustLock(t, c, "a")
	ctx, cancel := context.WithCancel(context.Background())
	_, err := c.Lock(ctx, "a", LockOptions{OnWait: func(string) { cancel() }})
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, lock.Release())
	_, err = c.Lock(ctx, "a", LockOptions{})
	require.ErrorIs(t, err, context.Canceled, "though it is free")
}

func TestLock_waitEndsAfterTheLimitAndNamesTheHolder(t *testing.T) {
	c := newWorkers(t)
	cmd, _ := startHolder(t, c, "a")
	_, err := c.Lock(context.Background(), "a", LockOptions{Limit: time.Millisecond})
	locked, ok := errors.AsType[*LockedError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, &LockedError{ID: "a", PID: cmd.Process.Pid, Waited: time.Millisecond}, locked)
	require.ErrorContains(t, err, fmt.Sprintf("process %d holds it", cmd.Process.Pid))
}

func TestRelease_twiceDoesNotAffectALaterHolder(t *testing.T) {
	c := newWorkers(t)
	first := mustLock(t, c, "a")
	require.NoError(t, first.Release())
	second := mustLock(t, c, "a")
	require.NoError(t, first.Release())
	_, ok, err := c.TryLock("a")
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, second.Release())
}

func TestRelease_keepsTheFileOfALaterHolder(t *testing.T) {
	c := newWorkers(t)
	first := mustLock(t, c, "a")
	if err := os.Remove(c.lockPath("a")); err != nil {
		require.NoError(t, first.Release()) // a platform where nobody can do that
		return
	}
	second := mustLock(t, c, "a")
	require.NoError(t, first.Release())
	require.FileExists(t, c.lockPath("a"))
	require.NoError(t, second.Release())
}

func TestDescribeHolder_unknownProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	require.Equal(t, "another process", describeHolder(filelock.ReadPID(path)))
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.Equal(t, "another process", describeHolder(filelock.ReadPID(path)))
}
