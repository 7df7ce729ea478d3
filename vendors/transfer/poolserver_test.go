package transfer

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// swift takes small chunks, so that a small file has many.
var swift = Client{Backoff: time.Millisecond, Stall: 10 * time.Second, segment: 32 << 10}

// whole answers the request for the whole file. It sends the first bytes, waits until other requests have been
// answered, and sends the rest, so that it never ends before they join.
type whole struct {
	others int
	mu     sync.Mutex
	enough chan struct{}
}

func waitFor(others int) *whole { return &whole{others: others, enough: make(chan struct{})} }

// answered counts an answer to one of the others.
func (h *whole) answered() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.others--; h.others == 0 {
		close(h.enough)
	}
}

func (h *whole) serve(w http.ResponseWriter, r *http.Request, content []byte) {
	w.Header().Set("Accept-Ranges", "bytes")
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	_, _ = w.Write(content[:100])
	_ = http.NewResponseController(w).Flush()
	select {
	case <-h.enough:
		_, _ = w.Write(content[100:])
	case <-r.Context().Done():
	}
}

// joined makes s answer requests for ranges by answer, which returns true if it did, and the request for the whole
// file after as many of them as others says.
func (s *fileServer) joined(others int, answer func(w http.ResponseWriter, r *http.Request) bool) {
	h := waitFor(others)
	s.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Range") == "" {
			h.serve(w, r, s.content)
			return true
		}
		defer h.answered()
		return answer != nil && answer(w, r)
	}
}

// ranged returns the requests for ranges.
func (s *fileServer) ranged() []http.Header {
	return slices.DeleteFunc(s.requests(), func(h http.Header) bool { return h.Get("Range") == "" })
}

// requireSettled makes req check that the bytes reported as settled are final, and counts how often the file starts
// over.
func requireSettled(t *testing.T, req *Request, versions ...[]byte) (restarts *int) {
	restarts = new(int)
	var last Progress
	req.OnProgress = func(p Progress) {
		got, err := os.ReadFile(filepath.Join(req.Dir, p.Path))
		require.NoError(t, err)
		if p.Settled < last.Settled {
			require.Zero(t, p.Settled)
			require.GreaterOrEqual(t, int64(len(got)), last.Settled, "bytes changed before that was reported")
			*restarts++
		}
		last = p
		require.LessOrEqual(t, p.Settled, p.Done)
		require.GreaterOrEqual(t, int64(len(got)), p.Settled)
		isOne := func(v []byte) bool { return bytes.Equal(v[:min(p.Settled, int64(len(v)))], got[:p.Settled]) }
		require.True(t, slices.ContainsFunc(versions, isOne), "the first %d bytes are not those of the file", p.Settled)
	}
	return restarts
}

// shortWriter sends left bytes and then hangs up.
type shortWriter struct {
	http.ResponseWriter
	left int
}

func (w *shortWriter) Write(b []byte) (int, error) {
	n, _ := w.ResponseWriter.Write(b[:min(len(b), w.left)])
	if w.left -= n; w.left == 0 {
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

// hangingWriter sends left bytes and then nothing more.
type hangingWriter struct {
	http.ResponseWriter
	r    *http.Request
	left int
}

func (w *hangingWriter) Write(b []byte) (int, error) {
	n, _ := w.ResponseWriter.Write(b[:min(len(b), w.left)])
	if w.left -= n; w.left == 0 {
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		<-w.r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

// countedBody is a body whose Close lowers the number of open ones.
type countedBody struct {
	io.ReadCloser
	open *atomic.Int64
	once sync.Once
}

func (b *countedBody) Close() error {
	b.once.Do(func() { b.open.Add(-1) })
	return b.ReadCloser.Close()
}

// counting returns c with a transport that counts the open exchanges.
func counting(t *testing.T, c Client) (Client, *atomic.Int64) {
	open := new(atomic.Int64)
	transport := NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		open.Add(1)
		resp, err := transport.RoundTrip(r)
		if err != nil {
			open.Add(-1)
			return nil, err
		}
		resp.Body = &countedBody{ReadCloser: resp.Body, open: open}
		return resp, nil
	})
	return c, open
}
