package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// liveHive is a running program, with a catalog and a GitHub of its own. When the test ends, nothing that it started
// may be left.
type liveHive struct {
	*exec.Cmd
	first  string // line of stdout
	stderr lockedBuffer
	home   string
	github *githubtest.Server
	mark   string // the folder of the test, which all its processes have in their environment, and no others

	asked   chan struct{} // gets something at each request to GitHub while that is held
	release func()        // lets GitHub answer; without a call it never does
}

// start runs the program to its first line of stdout. GitHub answers at once, unless it is held.
func start(t *testing.T, isHeld bool, args ...string) *liveHive {
	t.Helper()
	return startWith(t, scene{isHeld: isHeld, configuration: sourceOf}, args...)
}

// scene is what a hive finds when it starts.
type scene struct {
	isHeld        bool                                    // GitHub does not answer until it is released
	configuration func(apiURL string, ports []int) string // told GitHub's address and ports
	env           []string
	stderr        *os.File // gets what the program prints on stderr; nil keeps it in the liveHive
}

func startWith(t *testing.T, s scene, args ...string) *liveHive {
	t.Helper()
	h, stdout := launch(t, s, args...)
	var err error
	h.first, err = bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, &h.stderr)
	return h
}

// launch starts the program and returns at once, with its stdout.
func launch(t *testing.T, s scene, args ...string) (*liveHive, io.Reader) {
	t.Helper()
	dir := t.TempDir()
	h := &liveHive{Cmd: exec.Command("hive", args...), home: filepath.Join(dir, "rbee"), mark: dir}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tmp"), 0o700))
	config := filepath.Join(dir, "provision.yaml")
	address := h.startGitHub(t, s.isHeld)
	require.NoError(t, os.WriteFile(config, []byte(s.configuration(address, h.github.Ports())), 0o600))
	h.Env = []string{"TMPDIR=" + filepath.Join(dir, "tmp"), noRaceSleep, "RBEE_CACHE_DIR=" + h.home,
		"PROVISION_CONFIG=" + config, "PATH=" + os.Getenv("PATH"), "HOME=" + dir,
		tokenVariable + "=" + os.Getenv(tokenVariable)}
	h.Env = append(h.Env, s.env...)
	h.Stderr = &h.stderr
	if s.stderr != nil {
		h.Stderr = s.stderr
	}
	stdout, err := h.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, h.Start())
	t.Cleanup(func() { h.end(t) })
	return h, stdout
}

// startGitHub starts a server with releases, and returns the address of one before it that can hold requests back.
func (h *liveHive) startGitHub(t *testing.T, isHeld bool) string {
	t.Helper()
	h.github = githubtest.Start()
	t.Cleanup(h.github.Close)
	h.github.Publish(repository, fakeRelease("v1.0.0"))
	if !isHeld {
		return h.github.URL()
	}
	target, err := url.Parse(h.github.URL())
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	released := make(chan struct{})
	h.asked, h.release = make(chan struct{}, 100), func() { close(released) }
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked <- struct{}{}
		select {
		case <-released:
			proxy.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(gate.Close)
	return gate.URL + "/"
}

// end ends the program, if it runs, and checks that nothing is left.
func (h *liveHive) end(t *testing.T) {
	if h.ProcessState == nil {
		_ = h.Process.Signal(syscall.SIGTERM)
		_ = h.Wait()
	}
	require.Empty(t, h.processes(t), "%s", &h.stderr)
}

func (h *liveHive) requireExit(t *testing.T, code int) {
	t.Helper()
	_ = h.Wait()
	require.Equal(t, code, h.ProcessState.ExitCode(), "%s", &h.stderr)
}

// processes lists what the program and its children started and still runs, by command line.
func (h *liveHive) processes(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	var found []string
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == h.Process.Pid {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err == nil && bytes.Contains(environ, []byte(h.mark)) {
			line, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// serve starts `hive serve` and returns its address too.
func serve(t *testing.T, isHeld bool) (*liveHive, string) {
	t.Helper()
	h := start(t, isHeld, "serve", "--listen", "127.0.0.1:0")
	return h, h.address(t)
}

// address is where a hive serves.
func (h *liveHive) address(t *testing.T) string {
	t.Helper()
	var listening map[string]string
	require.NoError(t, json.Unmarshal([]byte(h.first), &listening))
	return listening["url"]
}

// lockedBuffer may be read while a process writes to it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// startWorker has a hive start a worker.
func startWorker(t *testing.T, base, order string) running {
	t.Helper()
	told, marker := follow(t, post(t, base, order))
	require.Equal(t, doneMarker, marker, told)
	return resultOf(t, told)
}

// resultOf is that of the last narration.
func resultOf(t *testing.T, told []narration) (r running) {
	t.Helper()
	data, err := json.Marshal(told[len(told)-1].Result)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &r))
	return r
}

func requireHealthy(t *testing.T, w running) {
	t.Helper()
	code, _ := request(t, "GET", w.URL+"/health", "")
	require.Equal(t, http.StatusOK, code)
	require.NoError(t, syscall.Kill(w.PID, 0))
}

func requireGone(t *testing.T, w running) {
	t.Helper()
	require.ErrorIs(t, syscall.Kill(w.PID, 0), syscall.ESRCH)
}

const spawnOrder = `{"operation":"worker_spawn","worker_type":"cpu-llm"}`
