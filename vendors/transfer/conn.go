package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
)

// bufferSize is in bytes. Large writes cost the file system less.
const bufferSize = 1 << 20

// conn is one answer whose body is read with a limit on the time without bytes.
type conn struct {
	resp     *http.Response
	end      int64 // offset in the file at which the body ends; may be chunk.Unknown
	stall    time.Duration
	watchdog *time.Timer // runs while bytes are awaited
	cancel   context.CancelCauseFunc
	cause    func() error // why the exchange was cancelled, or nil
}

// send asks one address for the bytes of s. For the span from 0 to chunk.Unknown it sends no Range.
func (d *download) send(ctx context.Context, to endpoint, s chunk.Span) (*conn, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &conn{
		end: chunk.Unknown, stall: d.stall, cancel: cancel,
		cause: func() error { return context.Cause(ctx) },
	}
	c.watchdog = time.AfterFunc(c.stall, func() { cancel(errStalled) })
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, to.url, nil)
	if err == nil {
		d.setHeaders(r, to, s)
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

// setHeaders sets the headers of a request for s.
func (d *download) setHeaders(r *http.Request, to endpoint, s chunk.Span) {
	for key, values := range d.req.Header {
		r.Header[http.CanonicalHeaderKey(key)] = values
	}
	if to.authorization != "" {
		r.Header.Set("Authorization", to.authorization)
	}
	r.Header.Set("Accept-Encoding", "identity") // the digest is that of the file, not of a compressed answer
	switch {
	case s == wholeFile:
		return
	case s.To == chunk.Unknown:
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", s.From))
	default:
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", s.From, s.To-1))
	}
	r.Header.Set("If-Range", d.part.State.Validator)
}

var wholeFile = chunk.Span{From: 0, To: chunk.Unknown}

// Read reads the body. It returns errStalled if no byte arrives for too long.
func (c *conn) Read(b []byte) (int, error) {
	c.watchdog.Reset(c.stall)
	n, err := c.resp.Body.Read(b)
	c.watchdog.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = c.explain(err)
	}
	return n, err
}

// explain returns why the exchange was cancelled, or err if it was not.
func (c *conn) explain(err error) error {
	if cause := c.cause(); cause != nil {
		return cause
	}
	return err
}

// close ends the exchange. The TCP connection is used again only if the body was read to its end.
func (c *conn) close() {
	c.watchdog.Stop()
	_ = c.resp.Body.Close()
	c.cancel(nil)
}
