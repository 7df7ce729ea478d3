package main

import (
	"errors"
	"net/http"
)

// refusal tells why a request is not carried out, and what would be.
type refusal struct {
	Message string   `json:"error"`
	Known   []string `json:"known,omitempty"`
}

func (r refusal) Error() string { return r.Message }

// fail answers with an error as JSON.
func fail(w http.ResponseWriter, code int, err error) {
	bad, ok := errors.AsType[refusal](err)
	if !ok {
		bad.Message = err.Error()
	}
	answer(w, code, bad)
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_, _ = w.Write(line(v)) // whoever asked may be gone
}
