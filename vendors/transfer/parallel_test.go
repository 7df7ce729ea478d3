package transfer

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestGet_usesSeveralConnectionsForALargeFile(t *testing.T) {
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

func TestGet_neverOpensMoreConnectionsThanItMay(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	var mu sync.Mutex
	active, most := 0, 0
	count := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		active += by
		most = max(most, active)
	}
	three := make(chan struct{}) // the chunks wait until three are requested at once
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

func TestGet_asksOnceForASmallFile(t *testing.T) {
	s := serve(t, payloadOf(5<<20))
	req := s.request(t)
	_, err := Client{}.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Len(t, s.requests(), 1)
	require.Empty(t, s.requests()[0].Get("Range"))
}

func TestGet_asksOnceForAFileWithoutUsableRanges(t *testing.T) {
	later := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for name, head := range map[string]http.Header{
		"weak ETag":           {"Etag": {`W/"one"`}, "Accept-Ranges": {"bytes"}},
		"no validator":        {"Etag": {""}, "Accept-Ranges": {"bytes"}},
		"just modified":       {"Etag": {""}, "Accept-Ranges": {"bytes"}, "Last-Modified": {later}},
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

func TestGet_continuesWithFewerConnectionsWhereMoreAreRefused(t *testing.T) {
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
		"the whole file": func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write(content)
			return true
		},
		"416": status(http.StatusRequestedRangeNotSatisfiable, ""),
		"a page": func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte("<html>"))
			return true
		},
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

func TestGet_givesUpAServerThatFreezes(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	s.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
		// Three connections join the first one; those after them receive nothing.
		if r.Header.Get("Range") == "" || n > 6 {
			waitFor(1).serve(w, r, s.content)
			return true
		}
		http.ServeContent(&hangingWriter{w, r, 5000}, r, "", time.Time{}, bytes.NewReader(s.content))
		return true
	}
	frozen := swift
	frozen.Stall = 4 * scaleInterval // long enough for the others to join
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

func TestGet_leavesNothingBehindWhenCancelled(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	s.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			waitFor(1).serve(w, r, s.content)
			return true
		}
		http.ServeContent(&hangingWriter{w, r, 5000}, r, "", time.Time{}, bytes.NewReader(s.content))
		return true
	}
	c, open := counting(t, swift)
	ctx, cancel := context.WithCancel(t.Context())
	req := s.request(t)
	req.OnProgress = func(p Progress) {
		if p.Done >= 3*5000+100 { // three joined
			cancel()
		}
	}
	_, err := c.Get(ctx, req)
	requireKind(t, provisioner.Cancelled, err)
	require.Zero(t, open.Load())

	s.mend()
	result, err := swift.Get(t.Context(), req)
	require.NoError(t, err)
	require.GreaterOrEqual(t, result.Resumed, int64(3*5000+100))
	requireFile(t, req, s.content)
}
