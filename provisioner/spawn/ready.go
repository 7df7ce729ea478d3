package spawn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/rbee-keeper/provision/catalog"
)

const (
	firstPause   = 5 * time.Millisecond // between two questions; it doubles up to lastPause
	lastPause    = 250 * time.Millisecond
	askTimeout   = 5 * time.Second
	maxAnswer    = 64 << 10 // bytes of an answer that are read
	maxExtension = 3        // how many times its timeout a worker may take that keeps showing signs of getting ready
)

// errStranger tells that the answer at the port was not the worker's.
var errStranger = errors.New("another process listens there")

// question finds out whether a worker serves.
type question struct {
	address string // host and port
	path    string // of the health check; empty where a connection is enough
	client  *http.Client
	timeout time.Duration // of one answer
}

func newQuestion(address string, ready *catalog.Ready) *question {
	q := &question{address: address, timeout: askTimeout}
	if ready != nil {
		q.path = ready.HTTP
	}
	q.client = &http.Client{
		// No proxy stands between a hive and its worker, and no connection is kept.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return q
}

// ask returns nil if the worker serves; if not, whether it says that it is about to.
func (q *question) ask(ctx context.Context) (isLoading bool, err error) {
	limited, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	isLoading, err = q.askWithin(limited)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("no answer within %s", q.timeout) // it was not we who were cancelled
	}
	return isLoading, err
}

func (q *question) askWithin(ctx context.Context) (isLoading bool, err error) {
	if q.path == "" {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", q.address)
		if err != nil {
			return false, err
		}
		return false, conn.Close()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+q.address+q.path, nil)
	if err != nil {
		return false, err
	}
	response, err := q.client.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer)
	if response.StatusCode/100 == 2 {
		return false, nil
	}
	return response.StatusCode == http.StatusServiceUnavailable, fmt.Errorf("GET %s answers %s", q.path, response.Status)
}

// readyTimeout is the limit for a start.
func (o Options) readyTimeout(ready *catalog.Ready) time.Duration {
	if o.ReadyTimeout > 0 {
		return o.ReadyTimeout
	}
	if ready != nil && ready.Timeout != "" {
		if limit, err := time.ParseDuration(ready.Timeout); err == nil {
			return limit
		}
	}
	return defaultReadyTimeout
}

// patience is how long a worker may take to get ready.
type patience struct {
	limit      time.Duration
	began      time.Time
	progressed time.Time // when it last showed a sign of getting ready
}

func newPatience(limit time.Duration, now time.Time) *patience { return &patience{limit, now, now} }

// isOver takes note of the signs: whether the worker says that it is loading, and when it last printed something.
func (p *patience) isOver(now time.Time, isLoading bool, printed time.Time) bool {
	if isLoading {
		p.progressed = now
	}
	if printed.After(p.progressed) {
		p.progressed = printed
	}
	return now.Sub(p.progressed) >= p.limit || now.Sub(p.began) >= maxExtension*p.limit
}

// awaitReady asks until the worker serves. Otherwise the error is a *NotReadyError, an *ExitError, errStranger or that
// of ctx.
func (w *Worker) awaitReady(ctx context.Context, q *question) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // an answer that is under way is of no use any more
		select {
		case <-w.process.exited:
			cancel()
		case <-ctx.Done():
		}
	}()
	patience := newPatience(w.launch.limit, time.Now())
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		isLoading, err := q.ask(ctx)
		if w.process.hasExited() {
			return w.exitError(false)
		}
		if err == nil {
			return w.recognise(q)
		}
		now := time.Now()
		if patience.isOver(now, isLoading, w.out.LastWrite()) {
			return &NotReadyError{now.Sub(patience.began), err, w.out.Lines()}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		if w.process.hasExited() {
			return w.exitError(false)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// recognise returns an error if what answered was another process's, as far as this platform tells: the worker may have
// found its port taken, and be about to end.
func (w *Worker) recognise(q *question) error {
	if strangerListens(q.address, w.info.PID) {
		return errStranger
	}
	if w.process.hasExited() {
		return w.exitError(false)
	}
	return nil
}
