package githubtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// serveAsset answers as the API does for one asset: with what it is, or where its bytes are asked for, with where they
// are.
func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	s.mu.Lock()
	a, ok := s.assets[id]
	s.mu.Unlock()
	switch {
	case err != nil || !ok:
		fail(w, http.StatusNotFound, "Not Found")
	case r.Header.Get("Accept") != "application/octet-stream":
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprintf(w, `{"id":%d,"name":%q}`, id, a.Name)
	default:
		s.redirect(w, r, id)
	}
}

// serveDownload is the address of an asset for browsers.
func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request) {
	repo := r.PathValue("owner") + "/" + r.PathValue("name")
	s.mu.Lock()
	id := s.find(repo, r.PathValue("tag"), r.PathValue("file"))
	s.mu.Unlock()
	if id == 0 {
		http.NotFound(w, r)
		return
	}
	s.redirect(w, r, id)
}

// find returns the number of an asset; 0 if there is none. s.mu is held.
func (s *Server) find(repo, tag, name string) int64 {
	for _, p := range s.releases[repo] {
		for i, a := range p.Assets {
			if p.Tag == tag && a.Name == name {
				return p.ids[i]
			}
		}
	}
	return 0
}

// redirect leads to the other host, with a signed address.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, id int64) {
	http.Redirect(w, r, fmt.Sprintf("%s/%d?sig=secret-signature&se=%d", s.storage.URL, id, time.Now().Unix()),
		http.StatusFound)
}

// Break answers a request for an asset in the place of its host while it returns true; n counts the requests from 1 on.
type Break func(n int, w http.ResponseWriter, r *http.Request) bool

// SetBroken has requests for assets answered by b, or by their host as it should where b is nil.
func (s *Server) SetBroken(b Break) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken, s.asked = b, 0
}

// breaks reports whether a request was answered in the place of the assets' host.
func (s *Server) breaks(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	s.asked++
	b, n := s.broken, s.asked
	s.mu.Unlock()
	return b != nil && b(n, w, r)
}

// serveStorage is the other host. Like the real one it refuses a request that carries a credential beside the signed
// address.
func (s *Server) serveStorage(w http.ResponseWriter, r *http.Request) {
	time.Sleep(s.currentLine().latency)
	s.note("storage " + r.Method + " " + r.URL.Path + " " + r.Header.Get("Range"))
	if s.breaks(w, r) {
		return
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/"), 10, 64)
	s.mu.Lock()
	a, ok := s.assets[id]
	s.mu.Unlock()
	switch {
	case err != nil || !ok || r.URL.Query().Get("sig") != "secret-signature":
		http.NotFound(w, r)
	case r.Header.Get("Authorization") != "":
		http.Error(w, "only one way to authenticate is allowed", http.StatusBadRequest)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("ETag", `"`+a.sum+`"`)
		content := a.open()
		defer content.Close()
		http.ServeContent(w, r, "", time.Time{}, content)
	}
}

// store panics if a's file can't be read.
func store(a Asset) stored {
	content := a.open()
	defer content.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, content)
	if err != nil {
		panic(err)
	}
	return stored{a, fmt.Sprintf("%x", sum.Sum(nil)), size}
}

func (a Asset) open() io.ReadSeekCloser {
	if a.File == "" {
		return struct {
			io.ReadSeeker
			io.Closer
		}{bytes.NewReader(a.Content), io.NopCloser(nil)}
	}
	f, err := os.Open(a.File)
	if err != nil {
		panic(err)
	}
	return f
}
