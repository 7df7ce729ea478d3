package spawn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The states that a queen is told of. The contract also has "busy", which cannot be seen from outside of a worker.
const (
	starting = "starting"
	ready    = "ready"
	stopping = "stopping"
	stopped  = "stopped"
)

const (
	beatInterval    = 30 * time.Second
	postTimeout     = 5 * time.Second
	lastPostTimeout = time.Second // of the posts that the end of a worker waits for
)

// message is the body of a heartbeat.
type message struct {
	Worker    workerState `json:"worker"`
	Timestamp time.Time   `json:"timestamp"` // RFC 3339, UTC
}

type workerState struct {
	ID             string `json:"id"`
	ModelID        string `json:"model_id"`
	Device         string `json:"device"`
	Port           int    `json:"port"`
	Status         string `json:"status"`
	Implementation string `json:"implementation"`
	Version        string `json:"version"`
}

// heartbeat tells a queen how a worker is that knows none. Its posts are made one after the other in a goroutine of
// their own, so that a queen that is slow or away holds up nothing but the end, and that not for long. The nil
// heartbeat does nothing.
type heartbeat struct {
	url      string
	queen    string // her host and port, for the log
	interval time.Duration
	client   *http.Client
	log      func(string)

	worker  workerState // as it was last told; the goroutine's own
	failing bool        // whether the last post failed; likewise

	mu       sync.Mutex
	breakOff context.CancelFunc // ends the post under way; nil if there is none, or it is of the end
	isEnding bool               // a state of the end was told: what came before is not worth waiting for
	changes  chan workerState   // what is to be told
	ended    chan struct{}      // closed when the goroutine has ended
}

// newHeartbeat makes the heartbeat of a worker that starts.
func newHeartbeat(queen *url.URL, l *launcher, port int, interval time.Duration) *heartbeat {
	return &heartbeat{
		url: queen.JoinPath("v1", "worker-heartbeat").String(), queen: queen.Host, interval: interval, log: l.warn,
		// A redirect would turn the POST into a GET; it is told of as the failure that it is.
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		worker: workerState{
			ID: l.WorkerID, ModelID: modelID(l.Model), Device: strings.TrimSuffix(string(l.entry.Worker.WorkerType), "-llm"),
			Port: port, Status: starting, Implementation: strings.TrimSuffix(filepath.Base(l.entry.Executable()), ".exe"),
			Version: l.entry.Worker.Version,
		},
		changes: make(chan workerState, maxAttempts+3), // all that can be told: a start for each attempt, and the rest once
		ended:   make(chan struct{}),
	}
}

// modelID is a model's name. Of a file that is its own: where it lies is nobody's business.
func modelID(model string) string {
	if filepath.IsAbs(model) {
		return filepath.Base(model)
	}
	return model
}

// tell has a state posted, and from then on at every interval.
func (h *heartbeat) tell(status string, port int) {
	if h == nil {
		return
	}
	h.changes <- workerState{Status: status, Port: port}
	if !isLast(status) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.isEnding = true
	if h.breakOff != nil {
		h.breakOff()
	}
}

// end posts "stopped". It is the last call.
func (h *heartbeat) end() {
	if h == nil {
		return
	}
	h.tell(stopped, 0)
	<-h.ended
}

// isLast reports whether a state is of the end, which does not wait long for a queen.
func isLast(status string) bool { return status == stopping || status == stopped }

// beat posts until the end.
func (h *heartbeat) beat() {
	defer close(h.ended)
	ticker := time.NewTicker(h.interval)
	defer ticker.Stop()
	for h.post(); h.worker.Status != stopped; h.post() {
		select {
		case change := <-h.changes:
			h.worker.Status = change.Status
			if change.Port != 0 {
				h.worker.Port = change.Port
			}
			ticker.Reset(h.interval)
		case <-ticker.C:
		}
	}
}

// post sends one heartbeat. It tells when the queen goes away and when she is back, not each failure between.
func (h *heartbeat) post() {
	limit := postTimeout
	if isLast(h.worker.Status) {
		limit = lastPostTimeout
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	h.guard(cancel)
	defer h.guard(nil)
	err := h.send(ctx)
	switch {
	case errors.Is(ctx.Err(), context.Canceled): // broken off, which says nothing of the queen
	case err != nil && !h.failing:
		h.failing = true
		h.log(fmt.Sprintf("no heartbeat to the queen at %s: %v; it is tried again every %s", h.queen, err, h.interval))
	case err == nil && h.failing:
		h.failing = false
		h.log(fmt.Sprintf("the queen at %s takes heartbeats again", h.queen))
	}
}

// guard has a post broken off when the end comes, unless it is of the end itself.
func (h *heartbeat) guard(cancel context.CancelFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.breakOff = nil
	if cancel == nil || isLast(h.worker.Status) {
		return
	}
	h.breakOff = cancel
	if h.isEnding {
		cancel()
	}
}

func (h *heartbeat) send(ctx context.Context) error {
	body, err := json.Marshal(message{h.worker, time.Now().UTC()})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := h.client.Do(request)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err // without the URL: the log names the queen, and keeps the rest to itself
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer)
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the answer is %s", response.Status)
	}
	return nil
}
