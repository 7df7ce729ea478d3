package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// bufferSize is in bytes. What is written in large pieces costs the file system less.
const bufferSize = 1 << 20

// connection is one answer whose body is read under a watchdog.
type connection struct {
	resp     *http.Response
	end      int64 // of the file's bytes that the body brings; may be unknown
	stall    time.Duration
	watchdog *time.Timer // runs while something is waited for
	cancel   context.CancelCauseFunc
	cause    func() error // why the exchange was cancelled, if it was
}

// send asks one address for the bytes of s, or for the whole file where s is everything.
func (d *download) send(ctx context.Context, to endpoint, s span) (*connection, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &connection{end: unknown, stall: d.stall, cancel: cancel, cause: func() error { return context.Cause(ctx) }}
	c.watchdog = time.AfterFunc(c.stall, func() { cancel(errStalled) })
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, to.url, nil)
	if err == nil {
		d.describe(r, to, s)
		client := http.Client{Transport: d.client.Transport, CheckRedirect: CheckRedirect}
		c.resp, err = client.Do(r)
	}
	c.watchdog.Stop()
	if err != nil {
		err = c.explain(err)
		cancel(nil)
		return nil, networkFailure(d.req, err)
	}
	return c, nil
}

// describe sets the headers of a request for s.
func (d *download) describe(r *http.Request, to endpoint, s span) {
	for key, values := range d.req.Header {
		r.Header[http.CanonicalHeaderKey(key)] = values
	}
	if to.authorization != "" {
		r.Header.Set("Authorization", to.authorization)
	}
	r.Header.Set("Accept-Encoding", "identity") // the bytes as they are, whose digest is known
	switch {
	case s == span{0, unknown}:
		return
	case s.To == unknown:
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", s.From))
	default:
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", s.From, s.To-1))
	}
	r.Header.Set("If-Range", d.part.note.Validator)
}

// Read reads the body. Where nothing comes for too long, it returns errStalled.
func (c *connection) Read(b []byte) (int, error) {
	c.watchdog.Reset(c.stall)
	n, err := c.resp.Body.Read(b)
	c.watchdog.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = c.explain(err)
	}
	return n, err
}

func (c *connection) explain(err error) error {
	if cause := c.cause(); cause != nil {
		return cause
	}
	return err
}

// close ends the exchange. The connection below serves another one only if the body was read to its end.
func (c *connection) close() {
	c.watchdog.Stop()
	_ = c.resp.Body.Close()
	c.cancel(nil)
}
