package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"time"
)

// The states that a worker tells its queen of. The contract also has "busy", for one that is inferring; this one never
// is.
const (
	starting = "starting"
	ready    = "ready"
	stopping = "stopping"
	stopped  = "stopped"
)

const (
	postTimeout     = 5 * time.Second
	lastPostTimeout = time.Second // of the posts that the end of the process waits for
	maxAnswer       = 64 << 10    // bytes of a queen's answer that are read, to use its connection again
)

// message is the body of a heartbeat.
type message struct {
	Worker    workerInfo `json:"worker"`
	Timestamp time.Time  `json:"timestamp"` // RFC 3339, UTC
}

type workerInfo struct {
	ID             string `json:"id"`
	ModelID        string `json:"model_id"` // always empty here
	Device         string `json:"device"`
	Port           int    `json:"port"`
	Status         string `json:"status"`
	Implementation string `json:"implementation"`
	Version        string `json:"version"`
}

// heartbeat tells a queen how this worker is. Its posts are made one after the other, in a goroutine of their own while
// the worker serves, so that a queen that is slow or away holds up nothing. Without a queen it does nothing.
type heartbeat struct {
	url      string // empty without a queen
	queen    string // her host and port, for the log
	worker   workerInfo
	interval time.Duration
	client   *http.Client
	log      *log.Logger
	failing  bool // whether the last post failed

	serving chan struct{} // closed once the worker serves
	cancel  context.CancelFunc
	ended   chan struct{} // closed when the goroutine has ended
}

func newHeartbeat(o options, port int, logger *log.Logger) *heartbeat {
	h := &heartbeat{
		worker: workerInfo{
			ID: o.workerID, Device: "cpu", Port: port, Implementation: "provision-reference", Version: version,
		},
		interval: o.interval,
		// A redirect would turn the POST into a GET; it is told of as the failure that it is.
		client:  &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		log:     logger,
		serving: make(chan struct{}),
		ended:   make(chan struct{}),
	}
	if o.queen != nil {
		h.url, h.queen = o.queen.JoinPath("v1", "worker-heartbeat").String(), o.queen.Host
	}
	if h.worker.ID == "" {
		h.worker.ID = newID()
	}
	return h
}

// newID makes an ID that no other worker has, on whatever machine.
func newID() string {
	random := make([]byte, 8)
	if _, err := rand.Read(random); err != nil {
		panic(err) // the system has no randomness
	}
	return name + "-" + hex.EncodeToString(random)
}

// start posts "starting", and from ready on "ready" at every interval, without waiting for any of it.
func (h *heartbeat) start() {
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	go func() {
		defer close(h.ended)
		h.beat(ctx)
	}()
}

func (h *heartbeat) beat(ctx context.Context) {
	h.post(ctx, starting, postTimeout)
	select {
	case <-h.serving:
	case <-ctx.Done():
		return
	}
	ticker := time.NewTicker(h.interval)
	defer ticker.Stop()
	for {
		h.post(ctx, ready, postTimeout)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// ready tells that the worker serves.
func (h *heartbeat) ready() { close(h.serving) }

// stopping ends the beat, breaking off a post under way, and posts "stopping".
func (h *heartbeat) stopping() {
	h.cancel()
	<-h.ended
	h.post(context.Background(), stopping, lastPostTimeout)
}

// stopped posts "stopped". It is the last call.
func (h *heartbeat) stopped() { h.post(context.Background(), stopped, lastPostTimeout) }

// post sends one heartbeat. It logs when the queen goes away and when she is back, not each failure between.
func (h *heartbeat) post(ctx context.Context, status string, timeout time.Duration) {
	if h.url == "" {
		return
	}
	attempt, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := h.send(attempt, status)
	switch {
	case ctx.Err() != nil: // broken off by stopping, which says nothing of the queen
	case err != nil && !h.failing:
		h.failing = true
		h.log.Printf("no heartbeat to the queen at %s: %v; it is tried again every %s", h.queen, err, h.interval)
	case err == nil && h.failing:
		h.failing = false
		h.log.Printf("the queen at %s takes heartbeats again", h.queen)
	}
}

func (h *heartbeat) send(ctx context.Context, status string) error {
	m := message{h.worker, time.Now().UTC()}
	m.Worker.Status = status
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := h.client.Do(request)
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // without the URL: the log names the queen, and keeps the rest to itself
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	io.CopyN(io.Discard, response.Body, maxAnswer)
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the answer is %s", response.Status)
	}
	return nil
}
