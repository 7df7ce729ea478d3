package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// fileServer serves content under a strong ETag; broken handles a request in its place while it returns true.
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

func (s *fileServer) requests() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// sendHalf promises all of content from the given byte on, and hangs up after half of it.
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

var quick = Client{Backoff: time.Millisecond, Stall: 300 * time.Millisecond}

func payloadOf(size int) []byte { return bytes.Repeat([]byte("0123456789abcdef"), size/16) }

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

// leave puts an unfinished download into req.Dir, as a killed process does.
func leave(t *testing.T, req Request, done []byte, n note) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(req.Dir, req.Name+".part"), done, 0o600))
	data, err := json.Marshal(n)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(req.Dir, req.Name+".part.json"), data, 0o600))
}

func requireKind(t *testing.T, kind provisioner.Kind, err error) *provisioner.Error {
	t.Helper()
	e, ok := errors.AsType[*provisioner.Error](err)
	require.True(t, ok, "not a *provisioner.Error: %v", err)
	require.Equal(t, kind, e.Kind, e.Error())
	require.NotContains(t, e.Error()+e.Hint, "secret")
	return e
}

func TestGetBringsTheWholeFileAndTellsHowFarItIs(t *testing.T) {
	s := serve(t, payloadOf(3<<20))
	req := s.request(t)
	req.Size = int64(len(s.content))
	var last, total int64
	req.OnProgress = func(p Progress) {
		require.Equal(t, "w.tar.gz.part", p.Path)
		require.GreaterOrEqual(t, p.Settled, last)
		require.LessOrEqual(t, p.Settled, p.Done)
		last, total = p.Settled, p.Total
	}
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, Result{Path: filepath.Join(req.Dir, req.Name), Size: 3 << 20}, result)
	require.Equal(t, []int64{3 << 20, 3 << 20}, []int64{last, total})
	requireFile(t, req, s.content)
}

func TestGetResumesABodyThatBreaksOff(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	s.broken = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			s.sendHalf(w)
		}
		return false
	}
	req := s.request(t)
	retries := 0
	req.OnRetry = func(err error, _ time.Duration) { retries++; requireKind(t, provisioner.Unreachable, err) }
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Equal(t, 1, retries)
	require.Equal(t, fmt.Sprintf("bytes=%d-", 1<<19), s.requests()[1].Get("Range"))
	require.Equal(t, `"one"`, s.requests()[1].Get("If-Range"))
}

func TestGetResumesWhatAnEarlierProcessLeft(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	s.broken = func(_ int, w http.ResponseWriter, _ *http.Request) bool { s.sendHalf(w); return true }
	req := s.request(t)
	once := quick
	once.Attempts = 1
	_, err := once.Get(t.Context(), req)
	requireKind(t, provisioner.Unreachable, err)
	require.NoFileExists(t, filepath.Join(req.Dir, req.Name))
	note, err := os.ReadFile(filepath.Join(req.Dir, req.Name+".part.json"))
	require.NoError(t, err)
	require.NotContains(t, string(note), "secret")

	s.broken = nil
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, int64(1<<19), result.Resumed)
	requireFile(t, req, s.content)
}

func TestGetStartsOverWhenTheFileChanged(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	leave(t, req, bytes.Repeat([]byte("x"), 100), note{URL: s.URL + "/file", Validator: `"zero"`})
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Zero(t, result.Resumed)
	requireFile(t, req, s.content)
}

func TestGetDoesNotMixTheBytesOfTwoAddresses(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	leave(t, req, bytes.Repeat([]byte("x"), 100), note{URL: s.URL + "/other", Validator: `"one"`})
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Empty(t, s.requests()[0].Get("Range"))
}

func TestGetDistrustsOddAnswersToARange(t *testing.T) {
	content := payloadOf(4096)
	answers := map[string]func(w http.ResponseWriter){
		"200 in place of 206": func(w http.ResponseWriter) { _, _ = w.Write(content) },
		"another start": func(w http.ResponseWriter) {
			w.Header().Set("Content-Range", "bytes 50-4095/4096")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(content[50:])
		},
		"another file's total": func(w http.ResponseWriter) {
			w.Header().Set("Content-Range", "bytes 100-4096/4097")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(append(content[100:4096:4096], 'x'))
		},
		"another ETag": func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"two"`)
			w.Header().Set("Content-Range", "bytes 100-4095/4096")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(bytes.Repeat([]byte("y"), 3996))
		},
		"no Content-Range": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(content[100:])
		},
		"416 for another total": func(w http.ResponseWriter) {
			w.Header().Set("Content-Range", "bytes */50")
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			s := serve(t, content)
			s.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Range") != "" {
					answer(w)
				}
				return r.Header.Get("Range") != ""
			}
			req := s.request(t)
			leave(t, req, content[:100], note{URL: s.URL + "/file", Validator: `"one"`, Total: 4096})
			_, err := quick.Get(t.Context(), req)
			require.NoError(t, err)
			requireFile(t, req, content)
		})
	}
}

func TestGetTakesA416ForTheEndOfACompleteFile(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	leave(t, req, s.content, note{URL: s.URL + "/file", Validator: `"one"`, Total: 4096})
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, int64(4096), result.Resumed)
	requireFile(t, req, s.content)
	require.Len(t, s.requests(), 1)
}

func TestGetRefetchesWhenResumedBytesWereDamaged(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	req.Digest = digestOf(s.content)
	leave(t, req, make([]byte, 100), note{URL: s.URL + "/file", Validator: `"one"`, Total: 4096})
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
}

func TestGetKeepsAFinishedFileOnlyByItsDigest(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	path := filepath.Join(req.Dir, req.Name)
	req.Digest = digestOf(s.content)
	require.NoError(t, os.WriteFile(path, s.content, 0o600))
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Empty(t, s.requests())

	require.NoError(t, os.WriteFile(path, []byte("stale"), 0o600))
	_, err = quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
}

func TestGetLeavesAConnectionThatStalls(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	s.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
			_, _ = w.Write(s.content[:1000])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
		return n == 1
	}
	req := s.request(t)
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Equal(t, "bytes=1000-", s.requests()[1].Get("Range"))
}

func TestGetStartsFromZeroWithoutAValidator(t *testing.T) {
	for _, etag := range []string{"", `W/"weak"`} {
		s := serve(t, payloadOf(1<<20))
		s.etag = etag
		s.broken = func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 1 {
				s.sendHalf(w)
			}
			return false
		}
		req := s.request(t)
		_, err := quick.Get(t.Context(), req)
		require.NoError(t, err)
		requireFile(t, req, s.content)
		require.Empty(t, s.requests()[1].Get("Range"))
	}
}

func TestGetGivesUpAfterTriesWithoutProgress(t *testing.T) {
	s := serve(t, payloadOf(4096))
	s.broken = failFirst(100, http.StatusBadGateway)
	_, err := quick.Get(t.Context(), s.request(t))
	requireKind(t, provisioner.Unreachable, err)
	require.Len(t, s.requests(), 5)
}

func TestGetCountsTriesAnewAfterProgress(t *testing.T) {
	s := serve(t, payloadOf(64))
	s.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n%2 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		var from int
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		w.Header().Set("Content-Length", fmt.Sprint(64-from))
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-63/64", from))
			w.WriteHeader(http.StatusPartialContent)
		}
		_, _ = w.Write(s.content[from : from+8])
		_ = http.NewResponseController(w).Flush()
		if from < 56 {
			panic(http.ErrAbortHandler)
		}
		return true
	}
	few := quick
	few.Attempts = 3
	req := s.request(t)
	_, err := few.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
}

func TestGetRecoversFromAServerThatIsBusy(t *testing.T) {
	s := serve(t, payloadOf(4096))
	s.broken = failFirst(2, http.StatusServiceUnavailable)
	req := s.request(t)
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
}

func TestGetObeysRetryAfterUpToABound(t *testing.T) {
	s := serve(t, payloadOf(4096))
	seconds := "1"
	s.broken = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 || seconds != "1" {
			w.Header().Set("Retry-After", seconds)
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		return false
	}
	req := s.request(t)
	var waited time.Duration
	req.OnRetry = func(_ error, wait time.Duration) { waited = wait }
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, time.Second, waited)

	seconds = "3600"
	before := time.Now()
	_, err = quick.Get(t.Context(), s.request(t))
	e := requireKind(t, provisioner.RateLimited, err)
	require.WithinRange(t, e.RetryAt, before.Add(time.Hour), time.Now().Add(time.Hour))
}

func TestGetTellsWhyAFileCannotBeHad(t *testing.T) {
	for status, kind := range map[int]provisioner.Kind{
		http.StatusNotFound:     provisioner.NotFound,
		http.StatusGone:         provisioner.NotFound,
		http.StatusUnauthorized: provisioner.Unauthorized,
		http.StatusForbidden:    provisioner.Unauthorized,
		http.StatusTeapot:       provisioner.Unreachable,
		http.StatusNoContent:    provisioner.Unreachable,
	} {
		s := serve(t, nil)
		s.broken = failFirst(100, status)
		_, err := quick.Get(t.Context(), s.request(t))
		require.NotEmpty(t, requireKind(t, kind, err).Hint)
		require.Len(t, s.requests(), 1, "status %d is tried again", status)
	}
}

func TestGetRefusesAFileOfAnotherSize(t *testing.T) {
	s := serve(t, payloadOf(4096))
	chunked := func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(s.content)
		return true
	}
	for name, c := range map[string]struct {
		size, limit int64
		broken      func(int, http.ResponseWriter, *http.Request) bool
	}{
		"smaller than on the server": {size: 4095},
		"larger than on the server":  {size: 4097},
		"over the limit":             {limit: 4095},
		"announced over the limit":   {size: 4096, limit: 4095},
		"endless":                    {limit: 4095, broken: chunked},
		"longer than announced":      {size: 4000, broken: chunked},
	} {
		t.Run(name, func(t *testing.T) {
			s.broken = c.broken
			req := s.request(t)
			req.Size, req.MaxSize = c.size, c.limit
			_, err := quick.Get(t.Context(), req)
			requireKind(t, provisioner.BadPayload, err)
			require.NoFileExists(t, filepath.Join(req.Dir, req.Name))
		})
	}
}

func TestGetNeverTakesHalfOfAKnownSizeForTheWhole(t *testing.T) {
	s := serve(t, payloadOf(4096))
	s.broken = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		_ = http.NewResponseController(w).Flush() // chunked: the end of the body looks right
		_, _ = w.Write(s.content[:2048])
		return true
	}
	req := s.request(t)
	req.Size = 4096
	_, err := quick.Get(t.Context(), req)
	requireKind(t, provisioner.Unreachable, err)
	require.NoFileExists(t, filepath.Join(req.Dir, req.Name))
}

func TestGetRefusesAnEncodingThatItDidNotAskFor(t *testing.T) {
	s := serve(t, payloadOf(4096))
	s.broken = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Encoding", "gzip")
		return false
	}
	_, err := quick.Get(t.Context(), s.request(t))
	requireKind(t, provisioner.BadPayload, err)
}

func TestGetStopsWhenCancelledAndKeepsWhatCame(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	ctx, cancel := context.WithCancel(t.Context())
	s.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
		_, _ = w.Write(s.content[:1000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	}
	req := s.request(t)
	req.OnProgress = func(p Progress) {
		if p.Done == 1000 {
			cancel()
		}
	}
	_, err := quick.Get(ctx, req)
	requireKind(t, provisioner.Cancelled, err)
	require.ErrorIs(t, err, context.Canceled)

	s.broken = nil
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, int64(1000), result.Resumed)
	requireFile(t, req, s.content)
}

func TestGetRefusesNamesAndAddressesThatLeadElsewhere(t *testing.T) {
	s := serve(t, payloadOf(16))
	for _, name := range []string{"", ".", "..", "../w", "a/b", `a\b`, "c:w", "w\x00"} {
		req := s.request(t)
		req.Name = name
		_, err := quick.Get(t.Context(), req)
		requireKind(t, provisioner.BadPayload, err)
	}
	for _, address := range []string{"", "file:///etc/passwd", "http://", "::"} {
		_, err := quick.Get(t.Context(), Request{URL: address, Dir: t.TempDir(), Name: "w"})
		requireKind(t, provisioner.InvalidConfig, err)
	}
	require.Empty(t, s.requests())
}

// roundTrip is a transport that fails in its own way.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type timeout struct{}

func (timeout) Error() string { return "i/o timeout" }
func (timeout) Timeout() bool { return true }

func TestGetAsksAHostThatDropsPacketsOnce(t *testing.T) {
	tries := 0
	c := quick
	c.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
		tries++
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: timeout{}}
	})
	_, err := c.Get(t.Context(), Request{URL: "https://example.invalid/w?sig=secret", Dir: t.TempDir(), Name: "w"})
	requireKind(t, provisioner.Unreachable, err)
	require.Equal(t, 1, tries)
}

func TestGetTellsAFailureOfTheDiskFromOneOfTheNetwork(t *testing.T) {
	s := serve(t, payloadOf(16))
	req := s.request(t)
	require.NoError(t, os.Mkdir(filepath.Join(req.Dir, req.Name+".part"), 0o700))
	_, err := quick.Get(t.Context(), req)
	requireKind(t, provisioner.Other, err)

	req.Dir = filepath.Join(req.Dir, "missing")
	_, err = quick.Get(t.Context(), req)
	requireKind(t, provisioner.Other, err)
}

func TestGetKeepsAuthorizationWithItsHostAndPort(t *testing.T) {
	storage := serve(t, payloadOf(4096))
	api := serve(t, nil)
	api.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/moved") {
			http.Redirect(w, r, api.URL+"/moved", http.StatusFound)
		} else {
			http.Redirect(w, r, storage.URL+"/bytes?signature=secret", http.StatusFound)
		}
		return true
	}
	req := api.request(t)
	req.Authorization = "Bearer secret"
	req.Header = http.Header{"Accept": {"application/octet-stream"}}
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, storage.content)
	for _, header := range api.requests() {
		require.Equal(t, "Bearer secret", header.Get("Authorization"))
	}
	require.Len(t, storage.requests(), 1)
	require.Empty(t, storage.requests()[0].Get("Authorization"))
	require.Empty(t, storage.requests()[0].Get("Referer"))
	require.Equal(t, "application/octet-stream", storage.requests()[0].Get("Accept"))
}
