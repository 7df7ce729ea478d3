package githubrelease

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// payload is a script of some size, no part of which is like another.
func payload() []byte {
	content := []byte("#!/bin/sh\n")
	for i := range 40_000 {
		content = fmt.Appendf(content, "# %d\n", i)
	}
	return content
}

// fault is what a server of assets does wrong.
type fault struct {
	answer  githubtest.Break
	kind    provisioner.Kind // of the error; "" is none, it is got over
	says    string           // in the error, or in what is told of tries
	tries   int              // requests for the asset; some errors lead on to its other address
	resumes bool             // the next run goes on from what came
}

// faults are those of a server of content.
func faults(content []byte) map[string]fault {
	size, half := len(content), content[:len(content)/2]
	etag := fmt.Sprintf("ETag: %q", sha256Of(content))
	always := func(answer func(w http.ResponseWriter, r *http.Request)) githubtest.Break {
		return func(_ int, w http.ResponseWriter, r *http.Request) bool { answer(w, r); return true }
	}
	head := func(length int) string { return "200 OK\r\n" + etag + "\r\nContent-Length: " + strconv.Itoa(length) }
	damaged := bytes.Clone(content)
	damaged[size/2] ^= 1
	return map[string]fault{
		"truncates": {always(func(w http.ResponseWriter, _ *http.Request) { raw(w, "200 OK\r\n"+etag, half) }),
			provisioner.Unreachable, "the answer ends too early", 5, true},
		"drops at half, once": {func(n int, w http.ResponseWriter, _ *http.Request) bool {
			return n == 1 &&
				raw(w, head(size), half)
		},
			"", "the answer ends too early", 2, false},
		"drops at half, then is away": {func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 1 {
				return raw(w, head(size), half)
			}
			panic(http.ErrAbortHandler)
		}, provisioner.Unreachable, "EOF", 5, true},
		"stalls": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n > 1 {
				panic(http.ErrAbortHandler)
			}
			w.Header().Set("ETag", strconv.Quote(sha256Of(content)))
			w.Header().Set("Content-Length", strconv.Itoa(size))
			_, _ = w.Write(half)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return true
		}, provisioner.Unreachable, "EOF", 5, true},
		"stalls once": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n == 1 {
				<-r.Context().Done()
			}
			return n == 1
		}, "", "no byte came for too long", 2, false},
		"corrupts a byte": {always(func(w http.ResponseWriter, _ *http.Request) { raw(w, head(size), damaged) }),
			provisioner.DigestMismatch, "does not have the published digest", 1, false},
		"tells more than it sends": {always(func(w http.ResponseWriter, _ *http.Request) { raw(w, head(size+1), content) }),
			provisioner.BadPayload, "were announced", 2, false},
		"tells less than it sends": {always(func(w http.ResponseWriter, _ *http.Request) { raw(w, head(size-1), content) }),
			provisioner.BadPayload, "were announced", 2, false},
		"ignores ranges": {func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 1 {
				return raw(w, head(size), half)
			}
			return raw(w, head(size), content)
		}, "", "the answer ends too early", 2, false},
		"leads in circles": {always(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String(),
				http.StatusFound)
		}),
			provisioner.Unreachable, "redirects", 9, false},
		"answers 500 twice": {func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n <= 2 {
				w.WriteHeader(http.StatusInternalServerError)
			}
			return n <= 2
		}, "", "500 Internal Server Error", 3, false},
		"answers 429 for a second": {func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 1 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
			}
			return n == 1
		}, "", "429 Too Many Requests", 2, false},
		"answers 429 for an hour": {always(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		}), provisioner.RateLimited, "429 Too Many Requests", 2, false},
		"answers a page": {always(func(w http.ResponseWriter, _ *http.Request) {
			_,
				_ = w.Write([]byte("<html>please log in"))
		}),
			provisioner.Unreachable, "the answer is a web page", 1, false},
	}
}

// Each fault is that of the assets' server, and what is seen of it that of a whole installation: over HTTP, into a
// catalog on disk.
func TestInstallThroughFaults(t *testing.T) {
	content := payload()
	for name, f := range faults(content) {
		t.Run(name, func(t *testing.T) {
			source := quickSource()
			if strings.HasPrefix(name, "stalls") {
				source.download.Stall = time.Second
			}
			s := newSite(t, source)
			s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{{Name: "tool-linux-amd64",
				Content: content}}})
			s.SetBroken(f.answer)
			if f.kind == "" {
				s.requireInstalled(t, "1.0.0", content)
				require.Contains(t, fmt.Sprint(s.told), f.says)
				require.Len(t, s.assetRequests(), f.tries)
				return
			}
			_, err := s.install(t)
			require.Equal(t, f.kind, provisioner.KindOf(err), "%v", err)
			require.ErrorContains(t, err, f.says)
			require.Len(t, s.assetRequests(), f.tries, "%v", s.Requests())
			s.requireNothing(t)

			s.SetBroken(nil)
			s.requireInstalled(t, "1.0.0", content)
			requests := s.assetRequests()[f.tries:]
			require.Len(t, requests, 1)
			require.Equal(t, f.resumes, strings.Contains(requests[0], "bytes="), requests[0])
		})
	}
}
