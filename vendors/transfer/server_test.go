package transfer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// fileServer serves content with a strong ETag. While broken returns true, it has answered the request instead.
type fileServer struct {
	*httptest.Server
	mu      sync.Mutex
	content []byte
	etag    string
	broken  func(n int, w http.ResponseWriter, r *http.Request) bool
	seen    []http.Header
}

func serve(t *testing.T, content []byte) *fileServer {
	s := &fileServer{content: content, etag: `"one"`}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *fileServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.seen = append(s.seen, r.Header.Clone())
	n, content, etag, broken := len(s.seen), s.content, s.etag, s.broken
	s.mu.Unlock()
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	if broken != nil && broken(n, w, r) {
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// breaks sets broken while another process may send requests.
func (s *fileServer) breaks(broken func(n int, w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *fileServer) mend() { s.breaks(nil) }

func (s *fileServer) requests() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// sendHalf announces all of the content from the given byte on, and hangs up after half of it.
func (s *fileServer) sendHalf(w http.ResponseWriter) {
	w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
	_, _ = w.Write(s.content[:len(s.content)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// failFirst answers the first n requests with status.
func failFirst(n, status int) func(int, http.ResponseWriter, *http.Request) bool {
	return func(i int, w http.ResponseWriter, _ *http.Request) bool {
		if i <= n {
			w.WriteHeader(status)
		}
		return i <= n
	}
}

var (
	quick     = Client{Backoff: time.Millisecond, Stall: 10 * time.Second}
	impatient = Client{Backoff: time.Millisecond, Stall: 200 * time.Millisecond} // for tests of stalls
)

// payloadOf returns bytes without repetitions, so that misplaced bytes are detected.
func payloadOf(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

func digestOf(b []byte) catalog.Digest {
	h := sha256.New()
	h.Write(b)
	return catalog.DigestOf(h)
}

func (s *fileServer) request(t *testing.T) Request {
	return Request{URL: s.URL + "/file?signature=secret", Dir: t.TempDir(), Name: "w.tar.gz"}
}

func requireFile(t *testing.T, req Request, want []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(req.Dir, req.Name))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "the bytes differ")
	entries, err := os.ReadDir(req.Dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "something is left beside the file")
}

func requireKind(t *testing.T, kind provisioner.Kind, err error) *provisioner.Error {
	t.Helper()
	e, ok := errors.AsType[*provisioner.Error](err)
	require.True(t, ok, "not a *provisioner.Error: %v", err)
	require.Equal(t, kind, e.Kind, e.Error())
	require.NotContains(t, e.Error()+e.Hint, "secret")
	return e
}
