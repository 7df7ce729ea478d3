package main

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// keepAlive is how often a stream that has nothing to tell says that it is alive, which also finds readers that are
	// gone.
	keepAlive = 15 * time.Second
	// writeTimeout bounds how long one write may wait for its reader.
	writeTimeout = 30 * time.Second
)

// stream follows a job as server-sent events, from its beginning or from behind the event of the Last-Event-ID header.
func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	j := s.jobs.get(r.PathValue("id"))
	if j == nil {
		fail(w, http.StatusNotFound, noSuchJob)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	last, _ := strconv.Atoi(r.Header.Get("Last-Event-ID")) // 0 if it is none
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		events, marker, changed := j.since(last)
		if err := send(w, events, marker); err != nil || marker != "" {
			return
		}
		if len(events) > 0 {
			last = events[len(events)-1].number
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// send writes events, and the marker if the job has ended; without either, a comment that says no more than that the
// hive is there.
func send(w http.ResponseWriter, events []event, marker string) error {
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	for _, e := range events {
		if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n", e.number, e.data); err != nil {
			return err
		}
	}
	if len(events) == 0 && marker == "" {
		if _, err := fmt.Fprint(w, ":\n\n"); err != nil {
			return err
		}
	}
	if marker != "" {
		if _, err := fmt.Fprintf(w, "data: %s\n\n", marker); err != nil {
			return err
		}
	}
	return control.Flush()
}
