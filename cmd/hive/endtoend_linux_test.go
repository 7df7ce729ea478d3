package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

// testQueen keeps the heartbeats that she gets, by worker.
type testQueen struct {
	*httptest.Server
	beats chan beat
}

type beat struct {
	Worker struct {
		ID             string `json:"id"`
		ModelID        string `json:"model_id"`
		Device         string `json:"device"`
		Port           int    `json:"port"`
		Status         string `json:"status"`
		Implementation string `json:"implementation"`
		Version        string `json:"version"`
	} `json:"worker"`
	Timestamp time.Time `json:"timestamp"`
}

func newTestQueen(t *testing.T) *testQueen {
	q := &testQueen{beats: make(chan beat, 100)}
	q.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		var b beat
		if err := decoder.Decode(&b); err != nil || r.Method+r.URL.Path != "POST/v1/worker-heartbeat" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		q.beats <- b
	}))
	t.Cleanup(q.Close)
	return q
}

// requireBeat waits for the heartbeat of a worker's state, and checks all that it says.
func (q *testQueen) requireBeat(t *testing.T, w running, status string) {
	t.Helper()
	for {
		select {
		case b := <-q.beats:
			if b.Worker.ID != w.ID || b.Worker.Status != status {
				continue
			}
			require.Equal(t, w.Port, b.Worker.Port)
			require.Equal(t, w.Version, b.Worker.Version)
			require.Equal(t, "cpu", b.Worker.Device)
			require.NotEmpty(t, b.Worker.Implementation)
			require.WithinDuration(t, time.Now(), b.Timestamp, time.Minute)
			return
		case <-time.After(time.Minute):
			require.Fail(t, "no heartbeat", "%s of %s", status, w.ID)
		}
	}
}

// queenless is a source whose workers know no queen: the hive tells her of them.
func queenless(apiURL string, ports []int) string {
	return strings.Replace(sourceOf(apiURL, ports), "        launch:", "        contract: none\n        launch:", 1)
}

// downloads counts what was fetched from GitHub.
func (h *liveHive) downloads() (n int) {
	for _, request := range h.github.Requests() {
		if strings.HasPrefix(request, "storage GET") {
			n++
		}
	}
	return n
}

func spawnFor(q *testQueen) string {
	return fmt.Sprintf(`{"operation":"worker_spawn","worker_type":"cpu-llm","queen_url":%q}`, q.URL)
}

func TestFromAnEmptyCatalogToAnUpgradeAndTheHivesViolentEnd(t *testing.T) {
	t.Parallel()
	h := startWith(t, scene{configuration: queenless}, "serve", "--listen", "127.0.0.1:0")
	base, queen := h.address(t), newTestQueen(t)

	// What is missing is fetched once, however many want it.
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, marker := follow(t, post(t, base, `{"operation":"worker_install","worker_type":"cpu-llm"}`))
			if marker != doneMarker {
				t.Error(marker)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, h.downloads())

	// A worker starts, and the queen hears of it.
	old := startWorker(t, base, spawnFor(queen))
	require.Equal(t, "1.0.0", old.Version)
	queen.requireBeat(t, old, "starting")
	queen.requireBeat(t, old, "ready")
	requireHealthy(t, old)

	// A newer release is installed while it runs. It keeps its files, and the next start takes the newer.
	h.github.Publish(repository, fakeRelease("v2.0.0"))
	_, marker := follow(t, post(t, base, `{"operation":"worker_install","worker_type":"cpu-llm","refresh":true}`))
	require.Equal(t, doneMarker, marker)
	_, marker = follow(t, post(t, base, `{"operation":"worker_remove","id":"`+old.Entry+`"}`))
	require.Contains(t, marker, "in use by process")
	require.FileExists(t, old.Path)
	newer := startWorker(t, base, spawnFor(queen))
	require.Equal(t, "2.0.0", newer.Version)
	requireHealthy(t, old)
	_, marker = follow(t, post(t, base, `{"operation":"worker_stop","id":"`+old.ID+`"}`))
	require.Equal(t, doneMarker, marker)
	queen.requireBeat(t, old, "stopping")
	queen.requireBeat(t, old, "stopped")
	_, marker = follow(t, post(t, base, `{"operation":"worker_remove","id":"`+old.Entry+`"}`))
	require.Equal(t, doneMarker, marker)
	require.NoFileExists(t, old.Path)

	// What somebody deletes is fetched again by the next start, though the other worker still runs from it.
	require.NoError(t, os.Remove(newer.Path))
	told, marker := follow(t, post(t, base, spawnFor(queen)))
	require.Contains(t, marker, "in use by process", actionsOf(told))
	require.Equal(t, "stop "+newer.ID+" first", told[len(told)-1].Hint)

	// The hive is killed. The lease ends with the worker, not before.
	require.NoError(t, h.Process.Kill())
	_ = h.Wait()
	workers, err := catalog.NewWorkerCatalogAt(h.home)
	require.NoError(t, err)
	leased, ok := errors.AsType[*catalog.LeasedError](workers.Remove(t.Context(), newer.Entry, catalog.LockOptions{}))
	require.True(t, ok)
	require.Equal(t, []int{newer.PID}, leased.PIDs)
	require.NoError(t, syscall.Kill(newer.PID, syscall.SIGKILL))
	require.Eventually(t, func() bool { return workers.Leased(newer.Entry) == nil }, time.Minute, 5*time.Millisecond)
	require.NoError(t, workers.Remove(t.Context(), newer.Entry, catalog.LockOptions{}))
}

func TestAQueenThatIsAwayIsToldOfInTheLog(t *testing.T) {
	t.Parallel()
	h := startWith(t, scene{configuration: queenless}, "serve", "--listen", "127.0.0.1:0")
	queen := newTestQueen(t)
	w := startWorker(t, h.address(t), spawnFor(queen))
	queen.requireBeat(t, w, "ready")
	queen.Close()
	_, marker := follow(t, post(t, h.address(t), `{"operation":"worker_stop","id":"`+w.ID+`"}`))
	require.Equal(t, doneMarker, marker)
	require.Contains(t, h.stderr.String(), "hive: "+w.ID+": no heartbeat to the queen at ")
}

// locallyBuilt is the reference worker alone.
func locallyBuilt(string, []int) string {
	return "workers: {cpu-llm: {sources: [{vendor: local-build, with: {source: embedded}}]}}\n"
}

func TestABuiltWorkerIsStartedAndTellsTheQueenByItself(t *testing.T) {
	t.Parallel()
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	h := startWith(t, scene{configuration: locallyBuilt, env: []string{"GOCACHE=" + strings.TrimSpace(string(cache))}},
		"serve", "--listen", "127.0.0.1:0")
	base, queen := h.address(t), newTestQueen(t)
	told, marker := follow(t, post(t, base, spawnFor(queen)))
	require.Equal(t, doneMarker, marker, told)
	require.Subset(t, actionsOf(told), []string{"build_start", "build_output", "catalog_add", "worker_ready"})
	w := resultOf(t, told)
	queen.requireBeat(t, w, "starting")
	queen.requireBeat(t, w, "ready")
	requireHealthy(t, w)
	_, marker = follow(t, post(t, base, `{"operation":"worker_stop","id":"`+w.ID+`"}`))
	require.Equal(t, doneMarker, marker)
	queen.requireBeat(t, w, "stopping")
	queen.requireBeat(t, w, "stopped")

	_, marker = follow(t, post(t, base, `{"operation":"worker_spawn","worker_type":"cpu-llm","model":"tiny.gguf"}`))
	require.Contains(t, marker, "takes no model")
}

func TestACancelledBuildLeavesNothing(t *testing.T) {
	t.Parallel()
	h := startWith(t, scene{configuration: locallyBuilt}, "serve", "--listen", "127.0.0.1:0")
	base := h.address(t)
	stream := post(t, base, spawnOrder)
	require.Eventually(t, func() bool { return strings.Contains(strings.Join(h.processes(t), "\n"), "/compile ") },
		time.Minute, time.Millisecond)
	request(t, "DELETE", strings.TrimSuffix(stream, "/stream"), "")
	_, marker := follow(t, stream)
	require.Equal(t, cancelledMarker, marker)
	require.Empty(t, h.processes(t))
	require.NoDirExists(t, filepath.Join(h.home, "workers"))
	for _, dir := range []string{"locks", "staging"} {
		left, err := os.ReadDir(filepath.Join(h.home, dir))
		require.NoError(t, err)
		require.Empty(t, left, dir)
	}
}
