package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// maxHistory is how many events of a job are kept.
const maxHistory = 1000

// The markers that a job's stream ends with. What went wrong follows the middle one.
const (
	doneMarker      = "[DONE]"
	errorMarker     = "[ERROR]"
	cancelledMarker = "[CANCELLED]"
)

// job is an operation under way, or one that has ended. It keeps what it told, for any number of readers at their own
// pace: none of them holds it up.
type job struct {
	id        string
	operation string
	cancel    context.CancelFunc

	mu      sync.Mutex
	history []event
	next    int           // number of the next event, counted from 1
	changed chan struct{} // closed at the next change
	marker  string        // empty until the end
	ended   time.Time
}

// task is what a job does. It tells what happens meanwhile, and returns a sentence on what came of it and the facts.
type task func(ctx context.Context, tell func(narration)) (message string, facts any, err error)

// event is a narration as it is sent.
type event struct {
	number int    // not every number is there: what is outdated goes
	data   []byte // a line
	narration
}

func newJob(id, operation string, cancel context.CancelFunc) *job {
	return &job{id: id, operation: operation, cancel: cancel, next: 1, changed: make(chan struct{})}
}

// tell adds to the history.
func (j *job) tell(n narration) {
	n.Time, n.JobID = time.Now().UTC(), j.id
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.marker != "" {
		return // a worker that was started goes on telling
	}
	if n.isProgress() {
		j.history = slices.DeleteFunc(j.history, func(e event) bool { return e.Action == n.Action && e.File == n.File })
	}
	if len(j.history) >= maxHistory {
		j.forget()
	}
	j.history = append(j.history, event{j.next, line(n), n})
	j.next++
	j.wake()
}

// forget makes room: the oldest detail goes, else the oldest event.
func (j *job) forget() {
	i := max(slices.IndexFunc(j.history, func(e event) bool { return e.isDetail() }), 0)
	j.history = slices.Delete(j.history, i, i+1)
}

func (j *job) wake() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// since returns the events after the one of a number, the marker if the job has ended, and what is closed when there is
// more.
func (j *job) since(number int) (events []event, marker string, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.history {
		if e.number > number {
			events = append(events, e)
		}
	}
	return events, j.marker, j.changed
}

// end tells how the operation ended, and ends the streams.
func (j *job) end(n narration, marker string) {
	j.tell(n)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.marker, j.ended = marker, time.Now()
	j.wake()
}

// run carries out the operation.
func (j *job) run(ctx context.Context, do task) {
	message, result, err := do(ctx, j.tell)
	switch {
	case err == nil:
		j.end(narration{Action: j.operation + "_complete", Message: message, Result: result}, doneMarker)
	case ctx.Err() != nil:
		j.end(narration{Action: j.operation + "_cancelled", Message: "cancelled"}, cancelledMarker)
	default:
		n := narration{Action: j.operation + "_failed", Message: err.Error(), Kind: provisioner.KindOf(err),
			Hint: provisioner.HintOf(err), RetryAt: provisioner.RetryAtOf(err), Output: tailOf(err)}
		j.end(n, errorMarker+" "+oneLine(err.Error()))
	}
}

// endedAt tells when the job ended, and false while it runs.
func (j *job) endedAt() (time.Time, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ended, j.marker != ""
}

// state tells in a word how a job stands.
func (j *job) state() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch marker, _, _ := strings.Cut(j.marker, " "); marker {
	case "":
		return "running"
	case doneMarker:
		return "done"
	case cancelledMarker:
		return "cancelled"
	default:
		return "failed"
	}
}

// oneLine joins the lines of a text, since a line break would end the event.
func oneLine(s string) string { return strings.Join(strings.FieldsFunc(s, isLineBreak), "; ") }

func isLineBreak(r rune) bool { return r == '\n' || r == '\r' }
