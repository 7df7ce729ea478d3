package spawn

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

// queen takes heartbeats as the real one does.
type queen struct {
	*httptest.Server
	beats chan map[string]any
	isUp  atomic.Bool
}

func newQueen(t *testing.T) *queen {
	t.Helper()
	q := &queen{beats: make(chan map[string]any, 1000)}
	q.isUp.Store(true)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/worker-heartbeat", func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		switch {
		case !q.isUp.Load():
			http.Error(w, "not yet", http.StatusServiceUnavailable)
		case json.NewDecoder(r.Body).Decode(&body) == nil:
			q.beats <- body
		}
	})
	q.Server = httptest.NewServer(mux)
	t.Cleanup(q.Close)
	return q
}

// next waits for a heartbeat and returns its worker.
func (q *queen) next(t *testing.T) map[string]any {
	t.Helper()
	worker, ok := (<-q.beats)["worker"].(map[string]any)
	require.True(t, ok)
	return worker
}

func TestTheQueenIsToldOfAWorkerThatKnowsNone(t *testing.T) {
	t.Parallel()
	h, q := newHive(t, "--model", "{model}"), newQueen(t)
	w := h.mustStart(t, Options{QueenURL: q.URL, WorkerID: "w1", Model: "/models/llama.gguf"})
	body := <-q.beats
	require.Equal(t, map[string]any{
		"id": "w1", "model_id": "llama.gguf", "device": "cpu", "port": float64(w.Info().Port), "status": "starting",
		"implementation": executableName, "version": "1.0.0",
	}, body["worker"])
	at, err := time.Parse(time.RFC3339, body["timestamp"].(string))
	require.NoError(t, err)
	require.Equal(t, time.UTC, at.Location())
	require.WithinDuration(t, time.Now(), at, time.Minute)
	require.Len(t, body, 2)
	require.Equal(t, ready, q.next(t)["status"])
	require.NoError(t, w.Stop(t.Context()))
	for _, status := range []string{stopping, stopped} {
		told := q.next(t)
		require.Equal(t, status, told["status"])
		require.Equal(t, float64(w.Info().Port), told["port"])
	}
	require.Empty(t, q.beats)
}

func TestTheQueenIsToldOfAWorkerThatDies(t *testing.T) {
	t.Parallel()
	h, q := newHive(t), newQueen(t)
	w := h.mustStart(t, Options{QueenURL: q.URL})
	require.Equal(t, starting, q.next(t)["status"])
	require.Equal(t, ready, q.next(t)["status"])
	mustExit(t, w)
	require.Equal(t, stopped, q.next(t)["status"])
	h = newHive(t, "--do", "die")
	_, err := h.start(t, Options{QueenURL: q.URL})
	require.Error(t, err)
	var statuses []any
	for len(q.beats) > 0 {
		statuses = append(statuses, q.next(t)["status"])
	}
	require.Equal(t, stopped, statuses[len(statuses)-1])
}

func TestAWorkerThatKnowsItsQueenIsLeftToIt(t *testing.T) {
	t.Parallel()
	h, q := newHive(t), newQueen(t)
	p := *h.entry.Provenance
	p.Contract = "rbee"
	h.entry.Provenance = &p
	h.relaunch(t, p.Launch)
	w := h.mustStart(t, Options{QueenURL: q.URL})
	require.NoError(t, w.Stop(t.Context()))
	require.Empty(t, q.beats)
}

// log collects what a heartbeat tells.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

func (l *log) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}

func newTestHeartbeat(t *testing.T, queenURL string, interval time.Duration) (*heartbeat, *log) {
	t.Helper()
	u, err := url.Parse(queenURL)
	require.NoError(t, err)
	told := &log{}
	w := catalog.WorkerBinary{WorkerType: catalog.CudaLlm}
	l := &launcher{entry: &leasedEntry{Entry: catalog.Entry{Worker: w}}}
	l.events = &events{handle: func(e Event) { told.add(e.Message) }}
	return newHeartbeat(u, l, 4711, interval), told
}

func TestAStateIsToldAgainAtEveryInterval(t *testing.T) {
	t.Parallel()
	q := newQueen(t)
	h, _ := newTestHeartbeat(t, q.URL+"/", time.Millisecond)
	go h.beat()
	for range 3 {
		require.Equal(t, starting, q.next(t)["status"])
	}
	h.tell(ready, 4711)
	for q.next(t)["status"] != ready {
	}
	require.Equal(t, ready, q.next(t)["status"])
	h.tell(stopping, 4711)
	h.end()
	var last map[string]any
	for len(q.beats) > 0 {
		last = q.next(t)
	}
	require.Equal(t, stopped, last["status"])
	require.Equal(t, "cuda", last["device"])
}

func TestAQueenThatIsAwayIsToldOfOnceAndFoundAgain(t *testing.T) {
	t.Parallel()
	q := newQueen(t)
	h, told := newTestHeartbeat(t, q.URL, time.Hour)
	q.isUp.Store(false)
	h.post()
	h.post()
	require.Len(t, told.all(), 1)
	require.Contains(t, told.all()[0], "503")
	q.isUp.Store(true)
	h.post()
	h.post()
	require.Len(t, told.all(), 2)
	require.Contains(t, told.all()[1], "again")
	require.Len(t, q.beats, 2)
}

func TestWhatIsToldKeepsTheQueensPasswordAndQueryToItself(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	address := strings.TrimPrefix(gone.URL, "http://")
	gone.Close()
	h, told := newTestHeartbeat(t, "http://bee:hunter2@"+address+"/?key=s3cret", time.Hour)
	h.post()
	require.Contains(t, told.all()[0], "no heartbeat to the queen at "+address)
	require.NotContains(t, told.all()[0], "hunter2")
	require.NotContains(t, told.all()[0], "s3cret")
}

func TestWhatASlowQueenIsToldIsBrokenOffByTheEnd(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}, 10), make(chan struct{})
	var isAsked atomic.Bool
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		isFirst := !isAsked.Swap(true)
		asked <- struct{}{}
		if isFirst {
			<-release
		}
	}))
	defer slow.Close()
	defer close(release)
	h, told := newTestHeartbeat(t, slow.URL, time.Hour)
	go h.beat()
	<-asked // "starting" is under way, and stays so
	h.tell(ready, 1)
	h.end()
	require.Len(t, asked, 1, "of the rest only the end is told")
	require.Empty(t, told.all(), "what was broken off is no failure")
}
