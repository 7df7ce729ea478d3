package transfer

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

// swift takes small pieces, so that a small file has many.
var swift = Client{Backoff: time.Millisecond, Stall: 10 * time.Second, segment: 32 << 10}

// whole serves the first part of the file to the request for all of it, waits until others have been answered, and goes on: so it
// is never done before they join.
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

// joined makes s answer requests for a part by answer, which is true where it did, and that for all after others of them.
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

// ranged returns the requests for parts.
func (s *fileServer) ranged() []http.Header {
	return slices.DeleteFunc(s.requests(), func(h http.Header) bool { return h.Get("Range") == "" })
}

// requireSettled makes req check that what is told to be settled is so, and returns how often the file was begun anew.
func requireSettled(t *testing.T, req *Request, versions ...[]byte) (begun *int) {
	begun = new(int)
	var last Progress
	req.OnProgress = func(p Progress) {
		if p.Settled < last.Settled {
			require.Zero(t, p.Settled)
			*begun++
		}
		last = p
		require.LessOrEqual(t, p.Settled, p.Done)
		got, err := os.ReadFile(filepath.Join(req.Dir, p.Path))
		require.NoError(t, err)
		require.GreaterOrEqual(t, int64(len(got)), p.Settled)
		isOne := func(v []byte) bool { return bytes.Equal(v[:min(p.Settled, int64(len(v)))], got[:p.Settled]) }
		require.True(t, slices.ContainsFunc(versions, isOne), "the first %d bytes are not those of the file", p.Settled)
	}
	return begun
}

func TestGetBringsALargeFileOverSeveralConnections(t *testing.T) {
	s := serve(t, payloadOf(4<<20))
	s.joined(20, nil)
	req := s.request(t)
	begun := requireSettled(t, &req, s.content)
	result, err := swift.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, int64(4<<20), result.Size)
	require.Zero(t, *begun)
	requireFile(t, req, s.content)
	require.GreaterOrEqual(t, len(s.ranged()), 20)
	require.Len(t, s.requests(), len(s.ranged())+1)
	for _, h := range s.ranged() {
		require.Equal(t, `"one"`, h.Get("If-Range"))
	}
}

func TestGetNeverOpensMoreConnectionsThanItMay(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	var mu sync.Mutex
	active, most := 0, 0
	count := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		active += by
		most = max(most, active)
	}
	three := make(chan struct{}) // the parts are held until three are asked for at once
	s.joined(6, func(w http.ResponseWriter, r *http.Request) bool {
		count(1)
		defer count(-1)
		mu.Lock()
		if active == 3 && most == 3 {
			select {
			case <-three:
			default:
				close(three)
			}
		}
		mu.Unlock()
		<-three
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.content))
		return true
	})
	few := swift
	few.Connections = 4
	req := s.request(t)
	_, err := few.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, 3, most, "beside the first one")
}

func TestGetAsksOnceForASmallFile(t *testing.T) {
	s := serve(t, payloadOf(5<<20))
	req := s.request(t)
	_, err := Client{}.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Len(t, s.requests(), 1)
	require.Empty(t, s.requests()[0].Get("Range"))
}

func TestGetAsksOnceForAFileWhosePartsCannotBeHadOrTold(t *testing.T) {
	for name, head := range map[string]http.Header{
		"weak ETag":           {"Etag": {`W/"one"`}, "Accept-Ranges": {"bytes"}},
		"no validator":        {"Etag": {""}, "Accept-Ranges": {"bytes"}},
		"just modified":       {"Etag": {""}, "Accept-Ranges": {"bytes"}, "Last-Modified": {time.Now().UTC().Format(http.TimeFormat)}},
		"no Accept-Ranges":    {},
		"Accept-Ranges: none": {"Accept-Ranges": {"none"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, payloadOf(1<<20))
			s.broken = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				for key, values := range head {
					w.Header()[key] = values
				}
				w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
				_, _ = w.Write(s.content)
				return true
			}
			req := s.request(t)
			_, err := swift.Get(t.Context(), req)
			require.NoError(t, err)
			requireFile(t, req, s.content)
			require.Len(t, s.requests(), 1)
		})
	}
}

func TestGetGoesOnWithFewerConnectionsWhereMoreAreRefused(t *testing.T) {
	content := payloadOf(1 << 20)
	status := func(code int, wait string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			if wait != "" {
				w.Header().Set("Retry-After", wait)
			}
			w.WriteHeader(code)
			return true
		}
	}
	part := func(contentRange, etag string, body []byte) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("ETag", etag)
			if contentRange != "" {
				w.Header().Set("Content-Range", contentRange)
			}
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(body)
			return true
		}
	}
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"503":                 status(http.StatusServiceUnavailable, ""),
		"503 for a while":     status(http.StatusServiceUnavailable, "3600"),
		"429":                 status(http.StatusTooManyRequests, "3600"),
		"404":                 status(http.StatusNotFound, ""),
		"no Content-Range":    part("", `"one"`, content[1<<16:1<<17]),
		"malformed":           part("bytes 5-", `"one"`, content[5:]),
		"another start":       part("bytes 7-106/1048576", `"one"`, content[7:107]),
		"more than asked for": part("bytes 32768-1048575/1048576", `"one"`, content[32768:]),
		"no ETag":             part("bytes 32768-65535/1048576", "", content[1<<15:1<<16]),
		"another length":      part("bytes 32768-65535/1048576", `"one"`, content[1<<15:1<<15+10]),
		"dropped":             func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"the whole file":      func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write(content); return true },
		"416":                 status(http.StatusRequestedRangeNotSatisfiable, ""),
		"a page":              func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write([]byte("<html>")); return true },
		"encoded": func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Encoding", "gzip")
			return false
		},
		"503 now and then":      nil,
		"breaks off everywhere": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, content)
			var mu sync.Mutex
			n := 0
			odd := func() bool { mu.Lock(); defer mu.Unlock(); n++; return n%2 == 1 }
			switch name {
			case "503 now and then":
				answer = func(w http.ResponseWriter, r *http.Request) bool {
					return odd() && status(http.StatusServiceUnavailable, "")(w, r)
				}
			case "breaks off everywhere":
				answer = func(w http.ResponseWriter, r *http.Request) bool {
					http.ServeContent(&shortWriter{w, 5000}, r, "", time.Time{}, bytes.NewReader(content))
					return true
				}
			}
			s.joined(1, answer)
			req := s.request(t)
			requireSettled(t, &req, content)
			_, err := swift.Get(t.Context(), req)
			require.NoError(t, err)
			requireFile(t, req, content)
		})
	}
}

// shortWriter sends left bytes, and hangs up.
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

func TestGetNeverMakesOneFileOfTwoVersions(t *testing.T) {
	older, newer := payloadOf(1<<20), bytes.Repeat(payloadOf(1<<10), 1<<10)
	for name, headless := range map[string]func(w http.ResponseWriter, r *http.Request){
		"If-Range obeyed":  func(http.ResponseWriter, *http.Request) {},
		"If-Range ignored": func(_ http.ResponseWriter, r *http.Request) { r.Header.Del("If-Range") },
		"ETag kept back":   func(w http.ResponseWriter, r *http.Request) { r.Header.Del("If-Range"); w.Header().Del("ETag") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, older)
			h := waitFor(5)
			parts := 0
			settled := make(chan struct{}) // the host has been told of bytes of the older version
			s.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
				switch {
				case n == 1:
					h.serve(w, r, older)
				case r.Header.Get("Range") == "":
					return false
				default:
					s.mu.Lock()
					if parts++; parts == 5 {
						s.content, s.etag = newer, `"two"`
					}
					content, etag := s.content, s.etag
					s.mu.Unlock()
					if etag == `"two"` {
						<-settled
					}
					w.Header().Set("ETag", etag)
					if etag == `"two"` {
						headless(w, r)
					}
					http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
					if name == "ETag kept back" { // else the first answer could be whole before the change is noticed
						h.answered()
					}
				}
				return true
			}
			req := s.request(t)
			begun := requireSettled(t, &req, older, newer)
			check := req.OnProgress
			tellOnce := sync.OnceFunc(func() { close(settled) })
			req.OnProgress = func(p Progress) {
				check(p)
				if p.Settled > 0 {
					tellOnce()
				}
			}
			_, err := swift.Get(t.Context(), req)
			require.NoError(t, err)
			if *begun == 0 { // the connection that began with the older file could bring all of it
				require.Equal(t, "ETag kept back", name)
				requireFile(t, req, older)
				return
			}
			require.Equal(t, 1, *begun)
			requireFile(t, req, newer)
		})
	}
}

func TestGetMakesDoWithOneConnectionWhereServersDisagree(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	s.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
		switch {
		case n == 1:
			waitFor(1).serve(w, r, s.content) // which never come
			return true
		case r.Header.Get("Range") != "":
			w.Header().Set("ETag", `"of another server"`)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.content))
			return true
		}
		return false
	}
	req := s.request(t)
	_, err := swift.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Equal(t, 2, len(s.requests())-len(s.ranged()))
}

func TestGetAsksForPartsWhereTheFirstRequestLed(t *testing.T) {
	storage := serve(t, payloadOf(1<<20))
	storage.joined(8, nil)
	api := serve(t, nil)
	api.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, storage.URL+"/bytes?signature=secret", http.StatusFound)
		return true
	}
	req := api.request(t)
	req.Authorization = "Bearer secret"
	_, err := swift.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, storage.content)
	require.Len(t, api.requests(), 1)
	require.NotEmpty(t, storage.ranged())
	for _, h := range storage.requests() {
		require.Empty(t, h.Get("Authorization"))
	}
}

func TestGetAsksForPartsByTheGivenAddressWhenTheSignedOneExpires(t *testing.T) {
	storage := serve(t, payloadOf(1<<20))
	h := waitFor(8)
	var mu sync.Mutex
	used := map[string]bool{}
	storage.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		expired := used[r.URL.RawQuery]
		used[r.URL.RawQuery] = true
		mu.Unlock()
		switch {
		case expired:
			w.WriteHeader(http.StatusForbidden)
		case r.Header.Get("Range") == "":
			h.serve(w, r, storage.content)
		default:
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(storage.content))
			h.answered()
		}
		return true
	}
	api := serve(t, nil)
	api.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, fmt.Sprintf("%s/bytes?signature=secret%d", storage.URL, n), http.StatusFound)
		return true
	}
	req := api.request(t)
	req.Authorization = "Bearer secret"
	_, err := swift.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, storage.content)
	require.GreaterOrEqual(t, len(api.requests()), 9)
	for _, h := range api.requests() {
		require.Equal(t, "Bearer secret", h.Get("Authorization"))
	}
	for _, h := range storage.requests() {
		require.Empty(t, h.Get("Authorization"))
	}
}

func TestGetGivesUpAServerThatFreezes(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	s.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Range") == "" || n > 6 { // three connections join the first one; those after them get nothing at all
			waitFor(1).serve(w, r, s.content)
			return true
		}
		http.ServeContent(&hangingWriter{w, r, 5000}, r, "", time.Time{}, bytes.NewReader(s.content))
		return true
	}
	frozen := swift
	frozen.Stall = impatient.Stall
	req := s.request(t)
	requireSettled(t, &req, s.content)
	_, err := frozen.Get(t.Context(), req)
	e := requireKind(t, provisioner.Unreachable, err)
	require.Contains(t, e.Error(), "no byte came for too long")
	require.Contains(t, e.Hint, "resumes")

	s.mend()
	result, err := swift.Get(t.Context(), req)
	require.NoError(t, err)
	require.NotZero(t, result.Resumed)
	requireFile(t, req, s.content)
	require.True(t, strings.HasPrefix(s.requests()[len(s.requests())-1].Get("Range"), "bytes="))
}

// hangingWriter sends left bytes, and then nothing.
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
