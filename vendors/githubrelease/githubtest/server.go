// Package githubtest is a server that behaves like GitHub's REST API for releases, for tests: pages with Link headers,
// ETags, rate-limit headers, digests, and assets that are served by another host after a redirect.
//
// It knows no more of the API than what reading releases needs, and nothing of the real GitHub is reached.
package githubtest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// Release is a release to be published.
type Release struct {
	Tag        string
	Draft      bool
	Prerelease bool
	Published  time.Time // zero is some day long ago
	Assets     []Asset
}

// Asset is a file of a release.
type Asset struct {
	Name    string
	Content []byte
	File    string // path of the file that it is, in the place of Content; it is sent as web servers do, without copying
	Digest  string // as the API tells it; empty is the true SHA-256, NoDigest leaves it out
	State   string // empty is "uploaded"; others are "starter" and "open"
}

// NoDigest as an Asset's Digest is an asset that the API gives no digest of.
const NoDigest = "none"

// Server is a running server. Its methods may be called while it serves.
type Server struct {
	// Token, if set before the first request, makes all repositories private: only who sends it sees them, and only by the
	// API.
	Token string

	api, storage *httptest.Server

	mu       sync.Mutex
	releases map[string][]published // by repository, the last published first
	renamed  map[string]string      // repositories' former names, with the present ones
	assets   map[int64]stored
	line     line // to the assets' host
	broken   Break
	asked    int // requests for assets since it broke
	nextID   int64
	requests []string
	failing  []int // status codes of the next answers
	away     bool
	limited  time.Time
	left     int       // requests until the rate limit
	reset    time.Time // when there are more again
}

// published is a release with its assets' numbers.
type published struct {
	Release
	ids []int64
}

// stored is an asset with its SHA-256, in hexadecimal, and its size in bytes.
type stored struct {
	Asset
	sum  string
	size int64
}

const hourlyLimit = 5000

// Start starts a server on the loopback interface. Close ends it.
func Start() *Server {
	s := &Server{
		releases: map[string][]published{}, renamed: map[string]string{}, assets: map[int64]stored{}, left: hourlyLimit,
		reset: time.Now().Add(time.Hour),
	}
	s.storage = httptest.NewUnstartedServer(http.HandlerFunc(s.serveStorage))
	s.storage.Listener = lineListener{s.storage.Listener, s.currentLine}
	s.storage.Start()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /repos/{owner}/{name}/releases", s.serveReleases)
	mux.HandleFunc("GET /repositories/{owner}/{name}/releases", s.serveReleases) // GitHub has a number for owner/name
	mux.HandleFunc("GET /repos/{owner}/{name}/releases/assets/{id}", s.serveAsset)
	mux.HandleFunc("GET /{owner}/{name}/releases/download/{tag}/{file}", s.serveDownload)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusNotFound, "Not Found") })
	s.api = httptest.NewServer(s.guard(mux))
	return s
}

// Close ends the server and breaks off what is under way.
func (s *Server) Close() {
	for _, server := range []*httptest.Server{s.api, s.storage} {
		server.CloseClientConnections()
		server.Close()
	}
}

// URL is the base address of the API.
func (s *Server) URL() string { return s.api.URL + "/" }

// Ports are the TCP ports of the API, and of the storage that downloads are redirected to.
func (s *Server) Ports() []int {
	return []int{s.api.Listener.Addr().(*net.TCPAddr).Port, s.storage.Listener.Addr().(*net.TCPAddr).Port}
}

// Publish adds a release to a repository ("owner/name"), which is made by the first. It is listed before the earlier
// ones.
func (s *Server) Publish(repo string, r Release) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := published{Release: r}
	for _, a := range r.Assets {
		s.nextID++
		s.assets[s.nextID] = store(a)
		p.ids = append(p.ids, s.nextID)
	}
	s.releases[repo] = slices.Insert(s.releases[repo], 0, p)
}

// FailNext answers the next requests of the API with these status codes.
func (s *Server) FailNext(codes ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = codes
}

// LimitUntil answers every request of the API as one over the rate limit, until the given time. The addresses for
// browsers are not counted, and go on to answer.
func (s *Server) LimitUntil(reset time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limited = reset
}

// Remaining is how many requests of the API are left until the rate limit. Unchanged answers are not counted.
func (s *Server) Remaining() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// Rename gives a repository another name. The former one leads there.
func (s *Server) Rename(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releases[to], s.renamed[from] = s.releases[from], to
	delete(s.releases, from)
}

// SetAway breaks off every connection without an answer, or lets the server answer again.
func (s *Server) SetAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// Requests lists what was asked for so far: method and path with query, and "storage" before those of the assets' host.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *Server) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, text)
}

func fail(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"message":%q,"documentation_url":"https://docs.github.com/rest","status":"%d"}`, message, code)
}
