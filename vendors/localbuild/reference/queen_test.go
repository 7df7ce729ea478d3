package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// queen takes heartbeats as the real one does.
type queen struct {
	*httptest.Server
	beats chan map[string]any // the bodies, in their order
}

func newQueen(t *testing.T) *queen {
	t.Helper()
	q := &queen{beats: make(chan map[string]any, 1000)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/worker-heartbeat", func(_ http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if json.NewDecoder(r.Body).Decode(&body) == nil {
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
	require.True(t, ok, "a heartbeat holds a worker")
	return worker
}

// rest returns the statuses of the heartbeats that have come, each run of the same as one.
func (q *queen) rest(t *testing.T) []string {
	t.Helper()
	var statuses []string
	for len(q.beats) > 0 {
		status := q.next(t)["status"].(string)
		if len(statuses) == 0 || statuses[len(statuses)-1] != status {
			statuses = append(statuses, status)
		}
	}
	return statuses
}
