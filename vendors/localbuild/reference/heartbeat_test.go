package main

import (
	"bytes"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func parseURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	require.NoError(t, err)
	return u
}

func quiet() *log.Logger { return log.New(&bytes.Buffer{}, "", 0) }

func TestHeartbeatCarriesWhatTheQueenExpects(t *testing.T) {
	q := newQueen(t)
	h := newHeartbeat(options{queen: parseURL(t, q.URL), workerID: "w1", interval: time.Hour}, 4711, quiet())
	h.post(t.Context(), ready, postTimeout)
	body := <-q.beats
	require.Equal(t, map[string]any{
		"id": "w1", "model_id": "", "device": "cpu", "port": 4711.0, "status": "ready",
		"implementation": "provision-reference", "version": version,
	}, body["worker"])
	at, err := time.Parse(time.RFC3339, body["timestamp"].(string))
	require.NoError(t, err)
	require.Equal(t, time.UTC, at.Location())
	require.WithinDuration(t, time.Now(), at, time.Minute)
	require.Len(t, body, 2)
}

func TestHeartbeatGoesBelowThePathOfTheQueensURL(t *testing.T) {
	paths := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { paths <- r.URL.Path }))
	defer server.Close()
	newHeartbeat(options{queen: parseURL(t, server.URL+"/hub/")}, 1, quiet()).post(t.Context(), ready, postTimeout)
	require.Equal(t, "/hub/v1/worker-heartbeat", <-paths)
}

func TestWorkersAreToldApart(t *testing.T) {
	a, b := newHeartbeat(options{}, 1, quiet()), newHeartbeat(options{}, 1, quiet())
	require.NotEqual(t, a.worker.ID, b.worker.ID)
}

func TestStatusesComeInOrder(t *testing.T) {
	q := newQueen(t)
	h := newHeartbeat(options{queen: parseURL(t, q.URL), interval: time.Millisecond}, 1, quiet())
	h.start()
	require.Equal(t, starting, q.next(t)["status"])
	h.ready()
	for range 3 { // at every interval
		require.Equal(t, ready, q.next(t)["status"])
	}
	h.stopping()
	h.stopped()
	statuses := q.rest(t)
	require.Equal(t, []string{stopping, stopped}, statuses[len(statuses)-2:])
}

func TestAQueenThatIsAwayIsToldOfOnceAndFoundAgain(t *testing.T) {
	var isUp atomic.Bool
	q := newQueen(t)
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isUp.Load() {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
			return
		}
		q.Config.Handler.ServeHTTP(w, r)
	}))
	defer gate.Close()
	var logged bytes.Buffer
	h := newHeartbeat(options{queen: parseURL(t, gate.URL), interval: time.Hour}, 1, log.New(&logged, "", 0))

	h.post(t.Context(), ready, postTimeout)
	h.post(t.Context(), ready, postTimeout)
	require.Equal(t, 1, strings.Count(logged.String(), "\n"), logged.String())
	require.Contains(t, logged.String(), "503")

	isUp.Store(true)
	h.post(t.Context(), ready, postTimeout)
	h.post(t.Context(), ready, postTimeout)
	require.Equal(t, 2, strings.Count(logged.String(), "\n"), logged.String())
	require.Contains(t, logged.String(), "again")
	require.Len(t, q.beats, 2)
}

func TestTheLogKeepsTheQueensPasswordAndQueryToItself(t *testing.T) {
	gone := httptest.NewServer(nil)
	address := strings.TrimPrefix(gone.URL, "http://")
	gone.Close()
	var logged bytes.Buffer
	queen := parseURL(t, "http://bee:hunter2@"+address+"/?key=s3cret")
	newHeartbeat(options{queen: queen}, 1, log.New(&logged, "", 0)).post(t.Context(), ready, postTimeout)
	require.Contains(t, logged.String(), "no heartbeat to the queen at "+address)
	require.NotContains(t, logged.String(), "hunter2")
	require.NotContains(t, logged.String(), "s3cret")
}

func TestARedirectIsAFailure(t *testing.T) {
	q := newQueen(t)
	moved := httptest.NewServer(http.RedirectHandler(q.URL+"/v1/worker-heartbeat", http.StatusFound))
	defer moved.Close()
	h := newHeartbeat(options{queen: parseURL(t, moved.URL)}, 1, quiet())
	h.post(t.Context(), ready, postTimeout)
	require.True(t, h.failing)
}

func TestASlowQueenHoldsUpNeitherTheStartNorTheEnd(t *testing.T) {
	asked, release := make(chan struct{}, 10), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer slow.Close()
	defer close(release)
	var logged bytes.Buffer
	h := newHeartbeat(options{queen: parseURL(t, slow.URL), interval: time.Hour}, 1, log.New(&logged, "", 0))
	h.start()
	<-asked // "starting" is under way, and stays so
	h.ready()
	h.stopping()
	<-asked
	h.stopped()
	require.Equal(t, 1, strings.Count(logged.String(), "\n"), "what was broken off is no failure: %s", &logged)
}

func TestWithoutAQueenNothingIsPosted(t *testing.T) {
	h := newHeartbeat(options{interval: time.Millisecond}, 1, quiet())
	h.start()
	h.ready()
	h.stopping()
	h.stopped()
	require.False(t, h.failing)
}
