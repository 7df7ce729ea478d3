package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
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
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// liveHive is a running program, with a catalog and a GitHub of its own. When the test ends, nothing that it started may be left.
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
	isHeld        bool                       // GitHub does not answer until it is released
	configuration func(apiURL string) string // told GitHub's address
	env           []string
	stderr        *os.File // gets what the program prints on stderr; nil keeps it in the liveHive
}

func startWith(t *testing.T, s scene, args ...string) *liveHive {
	t.Helper()
	dir := t.TempDir()
	h := &liveHive{Cmd: exec.Command("hive", args...), home: filepath.Join(dir, "rbee"), mark: dir}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tmp"), 0o700))
	config := filepath.Join(dir, "provision.yaml")
	require.NoError(t, os.WriteFile(config, []byte(s.configuration(h.startGitHub(t, s.isHeld))), 0o600))
	h.Env = []string{"TMPDIR=" + filepath.Join(dir, "tmp"), noRaceSleep, "RBEE_CACHE_DIR=" + h.home, "PROVISION_CONFIG=" + config, "PATH=" + os.Getenv("PATH"), "HOME=" + dir,
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
	h.first, err = bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, &h.stderr)
	return h
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

func TestSpawnPrintsOneLineAndASignalEndsTheWorker(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		h := start(t, false, "spawn", "cpu-llm", "--", "--is", "mine")
		var w running
		require.NoError(t, json.Unmarshal([]byte(h.first), &w))
		require.Equal(t, "1.0.0", w.Version)
		require.Equal(t, "cpu-llm-worker-rbee-v1.0.0-linux", w.Entry)
		require.Equal(t, filepath.Join(h.home, "workers", w.Entry, "cpu-llm-worker-rbee"), w.Path)
		requireHealthy(t, w)
		require.NoError(t, h.Process.Signal(signal))
		h.requireExit(t, exit.Done)
		requireGone(t, w)
		require.Contains(t, h.stderr.String(), "\nworker mine with [--is v1.0.0 --port ", "its output, and the argument behind --")
	}
}

func TestADeadWorkerEndsSpawnWithItsLastLines(t *testing.T) {
	t.Parallel()
	h := start(t, false, "spawn", "cpu-llm")
	var w running
	require.NoError(t, json.Unmarshal([]byte(h.first), &w))
	_, err := http.Get(w.URL + "/die")
	require.Error(t, err)
	h.requireExit(t, exit.Other)
	require.Contains(t, h.stderr.String(), "somebody wants me to die\n")
	require.Contains(t, h.stderr.String(), "hive: run "+w.ID+": ")
}

func TestALogThatNobodyReadsAnyMoreDoesNotEndTheHive(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer writer.Close()
	h := startWith(t, scene{configuration: sourceOf, stderr: writer}, "spawn", "cpu-llm")
	var w running
	require.NoError(t, json.Unmarshal([]byte(h.first), &w))
	require.NoError(t, reader.Close())
	_, err = http.Get(w.URL + "/die") // it prints its last words first
	require.Error(t, err)
	h.requireExit(t, exit.Other)
}

func TestALogThatIsStuckHoldsUpNoEnd(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	defer writer.Close()
	h := startWith(t, scene{configuration: sourceOf, stderr: writer}, "spawn", "cpu-llm", "--", "--loud")
	require.NoError(t, h.Process.Signal(syscall.SIGTERM))
	h.requireExit(t, exit.Done)
}

func TestASecondHiveAtTheSameAddressIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	h, base := serve(t, false)
	second := exec.Command("hive", "serve", "--listen", strings.TrimPrefix(base, "http://"))
	second.Env = h.Env
	out, err := second.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "address already in use\nhive: hint: another hive may run here; use another port with --listen\n")
}

func TestAWorkersLife(t *testing.T) {
	t.Parallel()
	h, base := serve(t, false)
	told, marker := follow(t, post(t, base, spawnOrder))
	require.Equal(t, doneMarker, marker)
	require.Subset(t, actionsOf(told), []string{"worker_spawn_start", "fetch_metadata", "check_platform", "catalog_add",
		"worker_spawn_health_check", "worker_ready", "worker_spawn_complete"})
	w := resultOf(t, told)
	requireHealthy(t, w)

	var l listing
	_, text := request(t, "GET", base+"/v1/workers", "")
	require.NoError(t, json.Unmarshal([]byte(text), &l))
	require.Equal(t, []running{w}, l.Running)
	require.Len(t, l.Installed, 1)
	require.Equal(t, w.Entry, l.Installed[0].ID)
	require.Equal(t, "github-release", l.Installed[0].Vendor)
	told, _ = follow(t, post(t, base, `{"operation":"worker_list"}`))
	require.Equal(t, "1 running, 1 installed", told[len(told)-1].Message)

	told, marker = follow(t, post(t, base, `{"operation":"worker_remove","id":"`+w.Entry+`"}`))
	require.Contains(t, marker, "in use by process "+strconv.Itoa(w.PID))
	require.Equal(t, "stop "+w.ID+" first", told[len(told)-1].Hint)

	_, marker = follow(t, post(t, base, `{"operation":"worker_stop","id":"`+w.ID+`"}`))
	require.Equal(t, doneMarker, marker)
	requireGone(t, w)
	_, marker = follow(t, post(t, base, `{"operation":"worker_remove","id":"`+w.Entry+`"}`))
	require.Equal(t, doneMarker, marker)
	_, text = request(t, "GET", base+"/v1/workers", "")
	require.JSONEq(t, `{"running":[],"installed":[]}`, text)
	log := h.stderr.String()
	require.Contains(t, log, w.ID+": worker v1.0.0 with [", "its output, with its ID")
	require.Contains(t, log, "hive: worker_spawn: "+w.ID+" serves at "+w.URL)
	require.Contains(t, log, "hive: hint: stop "+w.ID+" first\n")
}

func TestTwoReadersOneOfThemLateSeeTheSame(t *testing.T) {
	t.Parallel()
	h, base := serve(t, true)
	stream := post(t, base, `{"operation":"worker_install","worker_type":"cpu-llm","version":"~> 1.0"}`)
	<-h.asked
	response, err := http.Get(stream)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	early := bufio.NewReader(response.Body)
	line, err := early.ReadString('\n') // while the work is under way
	require.NoError(t, err)
	require.Equal(t, "id: 1\n", line)
	line, err = early.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, `"action":"worker_install_start","message":"installing cpu-llm@~> 1.0"`)
	h.release()
	rest, err := io.ReadAll(early)
	require.NoError(t, err)
	require.True(t, bytes.HasSuffix(rest, []byte("\n\ndata: [DONE]\n\n")), "%s", rest)

	told, marker := follow(t, stream)
	require.Equal(t, doneMarker, marker)
	for _, n := range told[1:] {
		require.Contains(t, string(rest), `"action":"`+n.Action+`"`)
	}
	last := told[len(told)-1]
	require.Equal(t, "worker_install_complete", last.Action)
	require.Equal(t, "cpu-llm-worker-rbee-v1.0.0-linux is installed", last.Message)
	require.DirExists(t, filepath.Join(h.home, "workers", "cpu-llm-worker-rbee-v1.0.0-linux"))
}

func TestALostStreamDoesNotStopTheWork(t *testing.T) {
	t.Parallel()
	h, base := serve(t, true)
	stream := post(t, base, `{"operation":"worker_install","worker_type":"cpu-llm"}`)
	<-h.asked
	response, err := http.Get(stream)
	require.NoError(t, err)
	_, err = bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	h.release()
	_, marker := follow(t, stream)
	require.Equal(t, doneMarker, marker)
}

func TestACancelledJobLeavesNoProcess(t *testing.T) {
	t.Parallel()
	h, base := serve(t, true)
	stream := post(t, base, spawnOrder)
	<-h.asked
	require.Len(t, h.processes(t), 1, "the vendor's")
	code, answer := request(t, "DELETE", strings.TrimSuffix(stream, "/stream"), "")
	require.Equal(t, http.StatusAccepted, code, answer)
	told, marker := follow(t, stream)
	require.Equal(t, cancelledMarker, marker)
	require.Equal(t, "worker_spawn_cancelled", told[len(told)-1].Action)
	require.Eventually(t, func() bool { return strings.Contains(h.stderr.String(), "hive: worker_spawn: cancelled\n") },
		time.Minute, time.Millisecond)
	require.Empty(t, h.processes(t))
	require.NoDirExists(t, filepath.Join(h.home, "workers"))

	_, answer = request(t, "DELETE", strings.TrimSuffix(stream, "/stream"), "")
	require.Contains(t, answer, `"state":"cancelled"`)
}

func TestAStartCanBeCancelled(t *testing.T) {
	t.Parallel()
	h, base := serve(t, false)
	stream := post(t, base, `{"operation":"worker_spawn","worker_type":"cpu-llm","args":["--sick"]}`)
	require.Eventually(t, func() bool { return strings.Contains(h.stderr.String(), "worker v1.0.0") }, time.Minute, 5*time.Millisecond)
	request(t, "DELETE", strings.TrimSuffix(stream, "/stream"), "")
	_, marker := follow(t, stream)
	require.Equal(t, cancelledMarker, marker)
	require.Empty(t, h.processes(t))
	_, marker = follow(t, post(t, base, `{"operation":"worker_remove","id":"cpu-llm-worker-rbee-v1.0.0-linux"}`))
	require.Equal(t, doneMarker, marker, "no lease is left")
}

func TestAWorkerThatDiesEarlyFailsItsJobWithItsLastLines(t *testing.T) {
	t.Parallel()
	_, base := serve(t, false)
	told, marker := follow(t, post(t, base, `{"operation":"worker_spawn","worker_type":"cpu-llm","args":["--broken"]}`))
	require.Contains(t, marker, "[ERROR] ")
	require.Contains(t, told[len(told)-1].Output, "these are my last words")
}

func TestAWorkerThatDiesIsToldOfAndForgotten(t *testing.T) {
	t.Parallel()
	h, base := serve(t, false)
	w := startWorker(t, base, spawnOrder)
	_, err := http.Get(w.URL + "/die")
	require.Error(t, err)
	require.Eventually(t, func() bool { return strings.Contains(h.stderr.String(), "hive: run "+w.ID+": ") },
		time.Minute, 5*time.Millisecond)
	_, text := request(t, "GET", base+"/v1/workers", "")
	require.Contains(t, text, `{"running":[],`)
}

func TestADamagedOrDeletedWorkerIsInstalledAgain(t *testing.T) {
	t.Parallel()
	_, base := serve(t, false)
	w := startWorker(t, base, spawnOrder)
	_, marker := follow(t, post(t, base, `{"operation":"worker_stop","id":"`+w.ID+`"}`))
	require.Equal(t, doneMarker, marker)
	for name, harm := range map[string]func() error{
		"damaged": func() error { return os.Truncate(w.Path, 1) },
		"deleted": func() error { return os.Remove(w.Path) },
	} {
		require.NoError(t, harm())
		told, marker := follow(t, post(t, base, spawnOrder))
		require.Equal(t, doneMarker, marker, name)
		require.Contains(t, actionsOf(told), "catalog_add", name)
		w = resultOf(t, told)
		requireHealthy(t, w)
		_, marker = follow(t, post(t, base, `{"operation":"worker_stop","id":"`+w.ID+`"}`))
		require.Equal(t, doneMarker, marker)
	}
}

func TestOfflineADamagedWorkerIsTold(t *testing.T) {
	t.Parallel()
	h := start(t, false, "spawn", "cpu-llm")
	var w running
	require.NoError(t, json.Unmarshal([]byte(h.first), &w))
	require.NoError(t, h.Process.Signal(os.Interrupt))
	h.requireExit(t, exit.Done)
	require.NoError(t, os.Truncate(w.Path, 1))

	again := exec.Command("hive", "spawn", "cpu-llm", "--offline")
	again.Env = h.Env
	out, err := again.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "damaged")
	require.Contains(t, string(out), "hive: hint: without --offline it is installed again\n")
}

func TestTheEndOfTheHiveLeavesNoProcess(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]os.Signal{"interrupt": os.Interrupt, "terminate": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, base := serve(t, false)
			workers := []running{startWorker(t, base, spawnOrder), startWorker(t, base, spawnOrder)}
			stream := post(t, base, `{"operation":"worker_spawn","worker_type":"cpu-llm","args":["--sick"]}`)
			response, err := http.Get(stream)
			require.NoError(t, err)
			defer response.Body.Close()
			require.NoError(t, h.Process.Signal(signal))
			text, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.True(t, bytes.HasSuffix(text, []byte("\n\ndata: [CANCELLED]\n\n")), "%s", text)
			h.requireExit(t, exit.Done)
			for _, w := range workers {
				requireGone(t, w)
			}
			require.Empty(t, h.processes(t))
		})
	}
}

func TestBeyondLoopbackTheTokenIsAsked(t *testing.T) {
	t.Setenv(tokenVariable, "s3cret")
	h := start(t, false, "serve", "--listen", "0.0.0.0:0")
	var listening map[string]string
	require.NoError(t, json.Unmarshal([]byte(h.first), &listening))
	_, port, err := net.SplitHostPort(listening["address"])
	require.NoError(t, err)
	base := "http://127.0.0.1:" + port
	code, _ := request(t, "POST", base+"/v1/jobs", spawnOrder)
	require.Equal(t, http.StatusUnauthorized, code)
	code, answer := request(t, "POST", base+"/v1/jobs", `{"operation":"worker_list"}`, "Authorization", "Bearer s3cret")
	require.Equal(t, http.StatusOK, code, answer)
	require.Empty(t, h.processes(t))
}
