package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// server is the hive over HTTP.
type server struct {
	hive    *hive
	jobs    *jobs
	workers *workers
	output  io.Writer // gets what the workers print; may be nil
	notices notices
}

// notices are told of what a hive's log should have.
type notices struct {
	death   func(worker)                               // of a worker that nobody stopped
	warning func(message string)                       // of a worker that runs
	end     func(operation, message string, err error) // of a job
}

func newServer(h *hive, output io.Writer, n notices) *server {
	return &server{hive: h, jobs: &jobs{}, workers: newWorkers(n.death), output: output, notices: n}
}

// outputOf is where the output of a worker goes, each line with its ID.
func (s *server) outputOf(id string) io.Writer {
	if s.output == nil {
		return nil
	}
	return &lineWriter{out: s.output, prefix: id + ": "}
}

var noSuchJob = refusal{Message: "there is no such job; one that ended long ago is forgotten"}

func (s *server) routes() http.Handler {
	routes := map[string]http.HandlerFunc{
		"POST /v1/jobs":            s.post,
		"GET /v1/jobs/{id}/stream": s.stream,
		"DELETE /v1/jobs/{id}":     s.cancel,
		"GET /v1/workers":          func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.listing()) },
		"GET /health":              health,
	}
	mux := http.NewServeMux()
	for pattern, handler := range routes {
		mux.Handle(pattern, handler)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, refusal{fmt.Sprintf("there is no %s %s", r.Method, r.URL.Path), routeNames(routes)})
	})
	return mux
}

func health(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "healthy", "version": version()})
}

// post begins a job and tells where to follow it.
func (s *server) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		fail(w, http.StatusRequestEntityTooLarge, refusal{Message: fmt.Sprintf("the body has more than %d bytes", maxBody)})
		return
	}
	if err != nil {
		fail(w, http.StatusBadRequest, refusal{Message: "read body: " + err.Error()})
		return
	}
	op, o, err := parseOrder(body)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	beginning := strings.TrimSpace(op.doing + " " + o.subject())
	j, err := s.jobs.start(op.name, beginning, func(ctx context.Context, tell func(narration)) (string, any, error) {
		message, facts, err := op.do(s, ctx, o, tell)
		err = s.withHint(err)
		s.notices.end(op.name, message, err)
		return message, facts, err
	})
	if err != nil {
		w.Header().Set("Retry-After", "10")
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	answer(w, http.StatusOK, map[string]string{"job_id": j.id, "sse_url": "/v1/jobs/" + j.id + "/stream"})
}

// cancel ends a job, if it has not ended; its stream tells when it has.
func (s *server) cancel(w http.ResponseWriter, r *http.Request) {
	j := s.jobs.get(r.PathValue("id"))
	if j == nil {
		fail(w, http.StatusNotFound, noSuchJob)
		return
	}
	j.cancel()
	answer(w, http.StatusAccepted, map[string]string{"job_id": j.id, "state": j.state()})
}
