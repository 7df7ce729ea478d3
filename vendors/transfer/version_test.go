package transfer

import (
	"bytes"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGet_neverMixesTwoVersions(t *testing.T) {
	older, newer := payloadOf(1<<20), bytes.Repeat(payloadOf(1<<10), 1<<10)
	for name, headless := range map[string]func(w http.ResponseWriter, r *http.Request){
		"If-Range obeyed":  func(http.ResponseWriter, *http.Request) {},
		"If-Range ignored": func(_ http.ResponseWriter, r *http.Request) { r.Header.Del("If-Range") },
		"ETag kept back": func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("If-Range")
			w.Header().Del("ETag")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, older)
			h := waitFor(5)
			parts := 0
			settled := make(chan struct{}) // bytes of the older version have been reported
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
					// Otherwise the first answer could be complete before the change is detected.
					if name == "ETag kept back" {
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
			if *begun == 0 { // the connection that began with the older file could receive all of it
				require.Equal(t, "ETag kept back", name)
				requireFile(t, req, older)
				return
			}
			require.Equal(t, 1, *begun)
			requireFile(t, req, newer)
		})
	}
}

func TestGet_usesOneConnectionWhereServersDisagree(t *testing.T) {
	s := serve(t, payloadOf(1<<20))
	s.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
		switch {
		case n == 1:
			waitFor(1).serve(w, r, s.content) // it never gets another request
			return true
		case r.Header.Get("Range") != "":
			w.Header().Set("ETag", `"of another server"`)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.content))
			return true
		}
		return false
	}
	req := s.request(t)
	c, open := counting(t, swift)
	req.OnRetry = func(error, time.Duration) { require.Zero(t, open.Load(), "the old version could still be written") }
	_, err := c.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
	require.Equal(t, 2, len(s.requests())-len(s.ranged()))
}
