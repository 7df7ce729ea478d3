package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/partial"
)

// raw answers with a status line, header and body that a server of net/http would not send together, and hangs up.
func raw(w http.ResponseWriter, head string, body []byte) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	_, _ = buffered.WriteString("HTTP/1.1 " + head + "\r\n\r\n")
	_, _ = buffered.Write(body)
	_ = buffered.Flush()
}

// Each server of this test stays broken. The error says why, and once the server works, Get succeeds in the same
// folder.
func TestGet_reportsServerFaultsAndRecovers(t *testing.T) {
	content := payloadOf(4096)
	for name, c := range map[string]struct {
		answer   func(w http.ResponseWriter, r *http.Request)
		kind     provisioner.Kind
		message  string
		requests int
	}{
		"drops at half": {func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "200 OK\r\nETag: \"one\"\r\nContent-Length: 4096", content[:2048])
		}, provisioner.Unreachable, "the answer ends too early", 5},
		"ends at half": {func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "200 OK\r\nETag: \"one\"", content[:2048])
		}, provisioner.Unreachable, "the answer ends too early", 5},
		"hangs up at once": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			provisioner.Unreachable, "EOF", 5},
		"stalls": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "4096")
			_, _ = w.Write(content[:10])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, provisioner.Unreachable, "no byte came for too long", 5},
		"never answers": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			provisioner.Unreachable, "no byte came for too long", 5},
		"announces too much": {func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				raw(w, "200 OK\r\nETag: \"one\"\r\nContent-Length: 4097", content)
			} else {
				raw(w, "416 Range Not Satisfiable\r\nContent-Range: bytes */4096", nil)
			}
		}, provisioner.BadPayload, "4097 bytes on the server, 4096 were announced", 1},
		"announces too little": {func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "200 OK\r\nETag: \"one\"\r\nContent-Length: 2048", content)
		}, provisioner.BadPayload, "2048 bytes on the server, 4096 were announced", 1},
		"sends too much": {func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "200 OK", append(content[:4096:4096], "more"...))
		}, provisioner.BadPayload, "longer than the 4096 bytes announced", 1},
		"sends a page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>please log in")) },
			provisioner.Unreachable, "the answer is a web page", 1},
		"sends another file": {func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "200 OK\r\nContent-Length: 4095", make([]byte, 4095))
		},
			provisioner.BadPayload, "4095 bytes on the server", 1},
		"compresses": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(content)
		}, provisioner.BadPayload, `as "gzip"`, 1},
		"sends a part unasked": {func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "206 Partial Content\r\nContent-Range: bytes 0-9/4096\r\nContent-Length: 10", content[:10])
		}, provisioner.Unreachable, "206 Partial Content", 1},
		"goes in circles": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		},
			provisioner.Unreachable, "stop after 10 redirects", maxRedirects},
		"speaks something else": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_, _ = conn.Write([]byte("SSH-2.0-OpenSSH_9.9\r\n"))
			_ = conn.Close()
		}, provisioner.Unreachable, "malformed HTTP", 5},
		"500":               {status(500, ""), provisioner.Unreachable, "500 Internal Server Error", 5},
		"429":               {status(429, ""), provisioner.RateLimited, "429 Too Many Requests", 5},
		"429 for long":      {status(429, "3600"), provisioner.RateLimited, "429 Too Many Requests", 1},
		"404":               {status(404, ""), provisioner.NotFound, "404 Not Found", 1},
		"a range to no GET": {status(416, ""), provisioner.Unreachable, "416", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, content)
			s.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool { c.answer(w, r); return true }
			req := s.request(t)
			req.Size = 4096
			client := quick
			if strings.Contains(c.message, "no byte came") {
				client = impatient
			}
			_, err := client.Get(t.Context(), req)
			e := requireKind(t, c.kind, err)
			require.Contains(t, e.Error(), c.message)
			require.NoFileExists(t, filepath.Join(req.Dir, req.Name))
			require.Len(t, s.requests(), c.requests)

			s.mend()
			_, err = quick.Get(t.Context(), req)
			require.NoError(t, err)
			requireFile(t, req, content)
		})
	}
}

// status answers with a status, and with a Retry-After unless it is empty.
func status(code int, wait string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		if wait != "" {
			w.Header().Set("Retry-After", wait)
		}
		w.WriteHeader(code)
	}
}

func TestGet_recoversFromTwoAnswersOf500(t *testing.T) {
	s := serve(t, payloadOf(4096))
	s.broken = failFirst(2, http.StatusInternalServerError)
	req := s.request(t)
	var told []string
	req.OnRetry = func(err error, _ time.Duration) { told = append(told, err.Error()) }
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Len(t, told, 2)
	require.Contains(t, told[0], "500 Internal Server Error")
}

// HTTP does not detect a flipped bit; the digest does. The second Get finds the same damage in a file of an earlier
// process.
func TestGet_deliversADamagedByteButDoesNotKeepIt(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	damaged := bytes.Clone(s.content)
	damaged[1000] ^= 1
	s.broken = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			raw(w, "200 OK\r\nETag: \"one\"\r\nContent-Length: 1048576", damaged[:1<<19])
		}
		return n == 1
	}
	req := s.request(t)
	req.Digest = digestOf(s.content)
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(req.Dir, req.Name))
	require.NoError(t, err)
	require.NotEqual(t, s.content[1000], got[1000])

	_, err = quick.Get(t.Context(), req) // the finished file has another digest
	require.NoError(t, err)
	requireFile(t, req, s.content)

	other := s.request(t)
	other.Digest = req.Digest
	leave(t, other, damaged[:1<<19], partial.State{URL: s.URL + "/file", Validator: `"one"`, Total: 1 << 20})
	begun := requireSettled(t, &other, damaged, s.content)
	_, err = quick.Get(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, 1, *begun, "the host is told that the file begins anew")
	requireFile(t, other, s.content)
}

func TestGet_reportsAFileThatStartsOverAtAnotherAddress(t *testing.T) {
	s := serve(t, payloadOf(4096))
	s.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/first" && r.Header.Get("Range") != "" {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		if r.URL.Path == "/first" {
			raw(w, "200 OK\r\nETag: \"one\"\r\nContent-Length: 4096", s.content[:1000])
		}
		return r.URL.Path == "/first"
	}
	req := s.request(t)
	var settled []int64
	req.OnProgress = func(p Progress) { settled = append(settled, p.Settled) }
	given := req.URL
	req.URL = s.URL + "/first"
	_, err := quick.Get(t.Context(), req)
	requireKind(t, provisioner.NotFound, err)
	req.URL = given
	settled = nil
	_, err = quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Zero(t, settled[0])
	requireFile(t, req, s.content)
}

func TestGet_reportsATooSmallDiskBeforeTheFirstByte(t *testing.T) {
	s := serve(t, nil)
	s.broken = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		raw(w, fmt.Sprintf("200 OK\r\nETag: \"one\"\r\nContent-Length: %d", int64(1)<<60), []byte("x"))
		return true
	}
	req := s.request(t)
	req.MaxSize = 1 << 61
	_, err := quick.Get(t.Context(), req)
	e := requireKind(t, provisioner.Other, err)
	require.True(t, errors.Is(err, syscall.ENOSPC))
	require.Contains(t, e.Error(), "1152921504606.8 MB are needed")
	require.NotEmpty(t, e.Hint)
	require.Len(t, s.requests(), 1)
	info, err := os.Stat(filepath.Join(req.Dir, req.Name+".part"))
	require.NoError(t, err)
	require.Zero(t, info.Size())
}
