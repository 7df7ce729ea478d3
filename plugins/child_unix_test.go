//go:build !windows

package plugins

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

// fetchWithChild starts a process and reports its number. It then waits for the end of the context, or for ever.
func fetchWithChild(ctx context.Context, req provisioner.FetchRequest, do string) error {
	c := command("sleeper")
	child := exec.Command(c.Path)
	child.Env = c.Env
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: do == "obey with a group" || do == "lose a child"}
	if do == "lose a child" {
		child.Stderr = os.NewFile(2, "the real stderr")
	}
	if err := child.Start(); err != nil {
		return err
	}
	req.Report(provisioner.Progress{Message: strconv.Itoa(child.Process.Pid)})
	if do == "ignore" {
		select {}
	}
	<-ctx.Done()
	if do == "obey with a group" {
		_ = syscall.Kill(-child.Process.Pid, syscall.SIGKILL)
		_ = child.Wait() // a signal takes its time
	}
	return os.WriteFile(filepath.Join(req.Dir, "partial"), nil, 0o600)
}

// isAlive reports whether a process runs; a zombie doesn't.
func isAlive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	if runtime.GOOS != "linux" {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, ok := bytes.Cut(stat, []byte(") "))
	return err == nil && ok && rest[0] != 'Z' && rest[0] != 'X'
}

func requireGone(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		require.Positive(t, pid)
		require.Eventually(t, func() bool { return !isAlive(pid) }, 10*time.Second, time.Millisecond, "process %d", pid)
	}
}

// fetchUntilChild runs a Fetch up to where its child runs.
func fetchUntilChild(t *testing.T, ctx context.Context, p *Plugin, dir, do string) (child int, result chan error) {
	t.Helper()
	started, result := make(chan string, 1), make(chan error, 1)
	req := fetchRequest(dir, do)
	req.OnProgress = func(progress provisioner.Progress) { started <- progress.Message }
	go func() {
		_, err := p.Fetch(ctx, req)
		result <- err
	}()
	select {
	case pid := <-started:
		child, err := strconv.Atoi(pid)
		require.NoError(t, err)
		return child, result
	case err := <-result:
		require.NoError(t, err)
		return 0, nil
	}
}

// shortFolder is a temporary folder whose path is short enough for a socket.
func shortFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestCancellingAFetchKillsTheGroupBeforeItReturns(t *testing.T) {
	for _, do := range []string{"obey", "ignore", "obey with a group"} {
		t.Run(do, func(t *testing.T) {
			p, dir := launch(t, "vendor"), t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			child, result := fetchUntilChild(t, ctx, p, dir, do)
			cancel()
			err := <-result
			require.False(t, isAlive(p.PID()))
			require.False(t, isAlive(child))
			require.Equal(t, provisioner.Cancelled, provisioner.KindOf(err))
			require.ErrorIs(t, err, context.Canceled)
			if do != "ignore" {
				require.FileExists(t, filepath.Join(dir, "partial"), "the vendor had time to clean up")
			}
		})
	}
}

func TestCancellingAResolveKillsTheProcess(t *testing.T) {
	p := launch(t, "vendor")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := p.Resolve(ctx, provisioner.Query{With: scripted(script{Do: "block"})})
	require.False(t, isAlive(p.PID()))
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(err))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestCloseEndsARunningFetch(t *testing.T) {
	p := launch(t, "vendor")
	child, result := fetchUntilChild(t, t.Context(), p, t.TempDir(), "ignore")
	require.NoError(t, p.Close())
	require.False(t, isAlive(p.PID()))
	require.False(t, isAlive(child))
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(<-result))
}

func TestCloseDoesNotWaitForAChildThatLeftTheGroup(t *testing.T) {
	p := launch(t, "vendor")
	child, result := fetchUntilChild(t, t.Context(), p, t.TempDir(), "lose a child")
	defer func() { _ = syscall.Kill(child, syscall.SIGKILL) }()
	require.NoError(t, p.Close())
	require.False(t, isAlive(p.PID()))
	require.True(t, isAlive(child))
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(<-result))
}

func TestCloseLeavesNothing(t *testing.T) {
	temp := shortFolder(t)
	t.Setenv("TMPDIR", temp)
	p := launch(t, "vendor")
	require.NotEqual(t, os.Getpid(), p.PID())
	require.True(t, isAlive(p.PID()))
	require.NoError(t, p.Close())
	require.False(t, isAlive(p.PID()))
	require.NoError(t, p.Close(), "closing twice")
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAFailedLaunchLeavesNothing(t *testing.T) {
	temp := shortFolder(t)
	t.Setenv("TMPDIR", temp)
	for _, role := range []string{"garbage", "binary garbage", "old", "elsewhere", "exit"} {
		_, err := Launch(t.Context(), command(role))
		require.Error(t, err)
	}
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestATooLongFolderForTemporaryFilesIsNotUsed(t *testing.T) {
	temp := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	require.NoError(t, os.Mkdir(temp, 0o700))
	t.Setenv("TMPDIR", temp)
	p := launch(t, "vendor")
	_, err := p.Describe(t.Context())
	require.NoError(t, err)
}

func TestTheSocketsFolderIsPrivate(t *testing.T) {
	p := launch(t, "vendor")
	info, err := os.Stat(p.folder)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestAStoppedVendorIsClosed(t *testing.T) {
	p := launch(t, "vendor")
	require.NoError(t, syscall.Kill(p.PID(), syscall.SIGSTOP))
	require.NoError(t, p.Close())
	require.False(t, isAlive(p.PID()))
}

func TestAKilledVendorIsAPluginFault(t *testing.T) {
	p := launch(t, "vendor")
	_, result := fetchUntilChild(t, t.Context(), p, t.TempDir(), "ignore")
	require.NoError(t, syscall.Kill(p.PID(), syscall.SIGKILL))
	err := <-result
	require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err))
	require.ErrorContains(t, err, "acme: fetch: connection lost")
}

func TestAKilledHostLeavesNeitherVendorNorItsChildren(t *testing.T) {
	for _, do := range []string{"obey", "ignore", "obey with a group"} {
		t.Run(do, func(t *testing.T) {
			c := command("host")
			host := exec.Command(c.Path)
			temp := shortFolder(t)
			host.Env = append(c.Env, "PLUGINS_TEST_FETCH="+do, "TMPDIR="+temp)
			stdout, err := host.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, host.Start())
			var vendor, child int
			_, err = fmt.Fscan(bufio.NewReader(stdout), &vendor, &child)
			require.NoError(t, err)
			require.True(t, isAlive(vendor))
			require.True(t, isAlive(child))
			require.NoError(t, host.Process.Kill())
			_ = host.Wait()
			requireGone(t, vendor, child)
			if do != "ignore" {
				left, err := os.ReadDir(temp)
				require.NoError(t, err)
				require.Len(t, left, 1, "the socket's folder is removed")
				require.Equal(t, "partial", left[0].Name(), "the vendor had time to clean up")
			}
		})
	}
}

func TestTheVendorLeadsAGroupOfItsOwn(t *testing.T) {
	p := launch(t, "vendor")
	group, err := syscall.Getpgid(p.PID())
	require.NoError(t, err)
	require.Equal(t, p.PID(), group)
	require.NotEqual(t, syscall.Getpgrp(), group)
}
