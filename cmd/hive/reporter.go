package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// progressInterval is how often a reporter tells how far a download is.
const progressInterval = 5 * time.Second

// unheard are the narrations that a person can do without: others say as much.
var unheard = map[string]bool{"fetch_metadata": true, "check_platform": true, "fallback_start": true,
	"worker_port":   true,
	"worker_exited": true}

// reporter writes narrations as lines, for a person or a log. Candidates that were skipped it holds back until
// something follows: if nothing does, the error tells them.
type reporter struct {
	mu   sync.Mutex
	out  io.Writer
	held []string
	told time.Time // when anything was told last
}

func (a *app) newReporter() *reporter {
	if a.quiet {
		return &reporter{out: io.Discard}
	}
	return &reporter{out: a.stderr}
}

func (r *reporter) tell(n narration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	isDue := time.Since(r.told) >= progressInterval
	switch {
	case unheard[n.Action], n.isProgress() && !isDue:
	case n.Action == "candidate_skipped":
		r.held = append(r.held, n.Message)
	default:
		r.flush()
		r.told = time.Now()
		r.print(n.Message)
	}
}

func (r *reporter) flush() {
	for _, message := range r.held {
		r.print(message)
	}
	r.held = nil
}

// print sets off the further lines of a message, such as those of a compiler, from what follows.
func (r *reporter) print(message string) {
	fmt.Fprintf(r.out, "hive: %s\n", strings.ReplaceAll(message, "\n", "\n    "))
}

// conclude tells what was held back, unless err does.
func (r *reporter) conclude(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := errors.AsType[*provisioner.NoCandidateError](err); !ok {
		r.flush()
	}
}
