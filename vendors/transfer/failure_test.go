package transfer

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestGet_namesADeniedPortAndDoesNotTryAgain(t *testing.T) {
	denied := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EACCES)}
	err := networkFailure(Request{Name: "worker", URL: "http://127.0.0.1:1/"}, denied)
	var f *failure
	require.ErrorAs(t, err, &f)
	require.True(t, f.final)
	require.Contains(t, f.err.Hint, "vendors.NAME.ports")
}

func TestGet_givesUpAConnectionThatStalls(t *testing.T) {
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
	_, err := impatient.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Equal(t, "bytes=1000-", s.requests()[1].Get("Range"))
}

func TestGet_givesUpAfterAttemptsWithoutProgress(t *testing.T) {
	s := serve(t, payloadOf(4096))
	s.broken = failFirst(100, http.StatusBadGateway)
	_, err := quick.Get(t.Context(), s.request(t))
	requireKind(t, provisioner.Unreachable, err)
	require.Len(t, s.requests(), 5)
}

func TestGet_resetsTheAttemptsAfterProgress(t *testing.T) {
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

func TestGet_recoversFromAServerThatIsBusy(t *testing.T) {
	s := serve(t, payloadOf(4096))
	s.broken = failFirst(2, http.StatusServiceUnavailable)
	req := s.request(t)
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
}

func TestGet_obeysRetryAfterUpToABound(t *testing.T) {
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

func TestGet_reportsWhyAFileIsNotAvailable(t *testing.T) {
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

func TestGet_neverAcceptsHalfOfAKnownSize(t *testing.T) {
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

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type timeout struct{}

func (timeout) Error() string { return "i/o timeout" }
func (timeout) Timeout() bool { return true }

func TestGet_asksAHostThatDropsPacketsOnce(t *testing.T) {
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

func TestGet_distinguishesFailuresOfTheDiskFromTheNetwork(t *testing.T) {
	s := serve(t, payloadOf(16))
	req := s.request(t)
	require.NoError(t, os.Mkdir(filepath.Join(req.Dir, req.Name+".part"), 0o700))
	_, err := quick.Get(t.Context(), req)
	requireKind(t, provisioner.Other, err)

	req.Dir = filepath.Join(req.Dir, "missing")
	_, err = quick.Get(t.Context(), req)
	requireKind(t, provisioner.Other, err)
}
