package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/partial"
)

// leave writes an unfinished download to req.Dir, as a killed process leaves it.
func leave(t *testing.T, req Request, done []byte, state partial.State) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(req.Dir, req.Name+".part"), done, 0o600))
	data, err := json.Marshal(state)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(req.Dir, req.Name+".part.json"), data, 0o600))
}

func TestGet_resumesABodyThatBreaksOff(t *testing.T) {
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

func TestGet_resumesWhatAnEarlierProcessLeft(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	s.broken = func(_ int, w http.ResponseWriter, _ *http.Request) bool { s.sendHalf(w); return true }
	req := s.request(t)
	once := quick
	once.Attempts = 1
	_, err := once.Get(t.Context(), req)
	requireKind(t, provisioner.Unreachable, err)
	require.NoFileExists(t, filepath.Join(req.Dir, req.Name))
	state, err := os.ReadFile(filepath.Join(req.Dir, req.Name+".part.json"))
	require.NoError(t, err)
	require.NotContains(t, string(state), "secret")

	s.mend()
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, int64(1<<19), result.Resumed)
	requireFile(t, req, s.content)
}

func TestGet_startsOverWhenTheFileChanged(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	leave(t, req, bytes.Repeat([]byte("x"), 100), partial.State{URL: s.URL + "/file", Validator: `"zero"`})
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Zero(t, result.Resumed)
	requireFile(t, req, s.content)
}

func TestGet_doesNotMixTheBytesOfTwoAddresses(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	leave(t, req, bytes.Repeat([]byte("x"), 100), partial.State{URL: s.URL + "/other", Validator: `"one"`})
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Empty(t, s.requests()[0].Get("Range"))
}

func TestGet_distrustsOddAnswersToARange(t *testing.T) {
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
			leave(t, req, content[:100], partial.State{URL: s.URL + "/file", Validator: `"one"`, Total: 4096})
			_, err := quick.Get(t.Context(), req)
			require.NoError(t, err)
			requireFile(t, req, content)
		})
	}
}

func TestGet_acceptsA416AsTheEndOfACompleteFile(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	leave(t, req, s.content, partial.State{URL: s.URL + "/file", Validator: `"one"`, Total: 4096})
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, int64(4096), result.Resumed)
	requireFile(t, req, s.content)
	require.Len(t, s.requests(), 1)
}

func TestGet_refetchesWhenResumedBytesWereDamaged(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	req.Digest = digestOf(s.content)
	leave(t, req, make([]byte, 100), partial.State{URL: s.URL + "/file", Validator: `"one"`, Total: 4096})
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
}

func TestGet_startsFromZeroWithoutAValidator(t *testing.T) {
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

func TestGet_stopsWhenCancelledAndKeepsWhatCame(t *testing.T) {
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

	s.mend()
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, int64(1000), result.Resumed)
	requireFile(t, req, s.content)
}
