package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
)

// runningProgram is a running `provision`, with what it starts.
type runningProgram struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	home           string // of the catalog
	mark           string // a folder that all its processes have somewhere in their environment, and no others
}

// start starts `provision` with a configuration and a catalog of its own.
func start(t *testing.T, config string, args ...string) *runningProgram {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "provision.yaml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	temporary := filepath.Join(dir, "t")
	require.NoError(t, os.Mkdir(temporary, 0o700))
	p := &runningProgram{Cmd: exec.Command("provision", args...), home: filepath.Join(dir, "rbee"), mark: dir}
	p.Env = []string{
		"TMPDIR=" + temporary,
		"RBEE_CACHE_DIR=" + p.home,
		"PROVISION_CONFIG=" + file,
		"PATH=" + os.Getenv("PATH"),
		"GOCACHE=" + filepath.Join(dir, "gocache"),
		"HOME=" + dir,
	}
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.Start())
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// children lists the processes that p or its vendors started and that still run, by number, with their command lines.
func (p *runningProgram) children(t *testing.T) map[int]string {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	found := map[int]string{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == p.Process.Pid {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err == nil && bytes.Contains(environ, []byte(p.mark)) {
			line, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
			found[pid] = strings.ReplaceAll(string(line), "\x00", " ")
		}
	}
	return found
}

// requireNothingLeft checks that no process, lock, entry or half of one is left behind.
func (p *runningProgram) requireNothingLeft(t *testing.T) {
	t.Helper()
	require.Empty(t, p.children(t))
	for _, dir := range []string{"workers", "locks", "staging"} {
		entries, _ := os.ReadDir(filepath.Join(p.home, dir))
		require.Empty(t, entries, dir)
	}
}

func (p *runningProgram) requireExit(t *testing.T, code int) {
	t.Helper()
	_ = p.Wait()
	require.Equal(t, code, p.ProcessState.ExitCode(), "%s", p.stderr.String())
	require.Empty(t, p.stdout.String())
}

// hangingAPI is a server that answers nothing until it is released. It signals each request on asked.
func hangingAPI(t *testing.T) (config string, asked chan struct{}, release func()) {
	t.Helper()
	asked, released := make(chan struct{}, 100), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-released:
			http.NotFound(w, r)
		case <-r.Context().Done():
		}
	}))
	release = func() { close(released) }
	t.Cleanup(server.Close)
	return fmt.Sprintf("vendors:\n  github-release:\n    config: {api_url: %q}\n"+
		"workers:\n  cpu-llm:\n    sources:\n      - vendor: github-release\n        with: {repo: acme/worker}\n",
		server.URL), asked, release
}

const buildConfig = "workers:\n  cpu-llm:\n    sources:\n" +
	"      - vendor: local-build\n        with: {source: embedded}\n"

func TestProvision_runsVendorsInOtherProcesses(t *testing.T) {
	config, asked, release := hangingAPI(t)
	p := start(t, config, "cpu-llm")
	<-asked
	vendors := p.children(t)
	require.Len(t, vendors, 1)
	for pid := range vendors {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		require.NoError(t, err)
		require.Contains(t, string(status), fmt.Sprintf("PPid:\t%d\n", p.Process.Pid))
	}
	release()
	p.requireExit(t, exit.Unreachable)
	p.requireNothingLeft(t)
}

func TestInterrupt_endsAllProcessesAndLeavesNothing(t *testing.T) {
	for name, s := range map[string]struct {
		signal syscall.Signal
		code   int
	}{"interrupt": {syscall.SIGINT, 130}, "terminate": {syscall.SIGTERM, 143}} {
		t.Run(name, func(t *testing.T) {
			config, asked, _ := hangingAPI(t)
			p := start(t, config, "cpu-llm")
			<-asked
			require.NoError(t, p.Process.Signal(s.signal))
			p.requireExit(t, s.code)
			require.Equal(t, "provision: cancelled\n", p.stderr.String())
			p.requireNothingLeft(t)
		})
	}
}

func TestInterrupt_ofABuildLeavesNoCompiler(t *testing.T) {
	p := start(t, buildConfig, "cpu-llm")
	p.awaitCompiler(t)
	require.NoError(t, p.Process.Signal(os.Interrupt))
	p.requireExit(t, exit.Interrupted)
	p.requireNothingLeft(t)
}

func TestKilledHost_isOutlivedByNoProcess(t *testing.T) {
	p := start(t, buildConfig, "cpu-llm")
	p.awaitCompiler(t)
	require.NoError(t, p.Process.Kill())
	_ = p.Wait()
	require.Eventually(t, func() bool { return len(p.children(t)) == 0 }, 20*time.Second, 20*time.Millisecond)
	require.False(t, exists(filepath.Join(p.home, "workers")))
}

// awaitCompiler waits until a compiler runs.
func (p *runningProgram) awaitCompiler(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, line := range p.children(t) {
			if strings.Contains(line, "/compile ") {
				return true
			}
		}
		return false
	}, time.Minute, 10*time.Millisecond)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
