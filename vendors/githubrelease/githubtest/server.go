// Package githubtest is a server that behaves like GitHub's REST API for releases, for tests: pages with Link headers, ETags,
// rate-limit headers, digests, and assets that are served by another host after a redirect.
//
// It knows no more of the API than what reading releases needs, and nothing of the real GitHub is reached.
package githubtest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
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
	Digest  string // as the API tells it; empty is the true SHA-256, NoDigest leaves it out
	State   string // empty is "uploaded"; others are "starter" and "open"
}

// NoDigest as an Asset's Digest is an asset that the API gives no digest of.
const NoDigest = "none"

// Server is a running server. Its methods may be called while it serves.
type Server struct {
	// Token, if set before the first request, makes all repositories private: only who sends it sees them, and only by the API.
	Token string

	api, storage *httptest.Server

	mu       sync.Mutex
	releases map[string][]published // by repository, the last published first
	renamed  map[string]string      // repositories' former names, with the present ones
	assets   map[int64]Asset
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

const hourlyLimit = 5000

// Start starts a server on the loopback interface. Close ends it.
func Start() *Server {
	s := &Server{
		releases: map[string][]published{}, renamed: map[string]string{}, assets: map[int64]Asset{}, left: hourlyLimit,
		reset: time.Now().Add(time.Hour),
	}
	s.storage = httptest.NewServer(http.HandlerFunc(s.serveStorage))
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

// Publish adds a release to a repository ("owner/name"), which is made by the first. It is listed before the earlier ones.
func (s *Server) Publish(repo string, r Release) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := published{Release: r}
	for _, a := range r.Assets {
		s.nextID++
		s.assets[s.nextID] = a
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

// LimitUntil answers every request of the API as one over the rate limit, until the given time. The addresses for browsers are
// not counted, and go on to answer.
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

// guard does what comes before any answer of the API: faults, the rate limit, the token.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.note(r.Method + " " + r.URL.RequestURI())
		isAPI := strings.HasPrefix(r.URL.Path, "/repos")
		s.mu.Lock()
		code, away := 0, s.away
		if len(s.failing) > 0 {
			code, s.failing = s.failing[0], s.failing[1:]
		}
		s.mu.Unlock()
		if away {
			panic(http.ErrAbortHandler)
		}
		isLimited := isAPI && s.count(w, 1)
		auth := r.Header.Get("Authorization")
		switch {
		case code != 0:
			fail(w, code, http.StatusText(code))
		case isLimited:
			fail(w, http.StatusForbidden, "API rate limit exceeded for 127.0.0.1.")
		case s.Token != "" && (auth == "" || !isAPI):
			fail(w, http.StatusNotFound, "Not Found") // GitHub does not tell that there is something to see
		case s.Token != "" && auth != "Bearer "+s.Token:
			fail(w, http.StatusUnauthorized, "Bad credentials")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// count takes requests off the rate limit and tells what is left, in the headers and as whether that is nothing.
func (s *Server) count(w http.ResponseWriter, requests int) (isLimited bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left, reset := s.left-requests, s.reset
	if time.Now().Before(s.limited) {
		left, reset = -1, s.limited
	} else {
		s.left = max(left, 0)
	}
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(hourlyLimit))
	w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(left, 0)))
	w.Header().Set("X-RateLimit-Used", strconv.Itoa(hourlyLimit-max(left, 0)))
	w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	w.Header().Set("X-RateLimit-Resource", "core")
	return left < 0
}

func fail(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"message":%q,"documentation_url":"https://docs.github.com/rest","status":"%d"}`, message, code)
}

// serveReleases answers with one page of a repository's releases.
func (s *Server) serveReleases(w http.ResponseWriter, r *http.Request) {
	repo := r.PathValue("owner") + "/" + r.PathValue("name")
	s.mu.Lock()
	all, ok := s.releases[repo]
	all = slices.Clone(all)
	present := s.renamed[repo]
	s.mu.Unlock()
	if !ok && present != "" {
		w.Header().Set("Location", s.api.URL+"/repositories/"+present+"/releases?"+r.URL.RawQuery)
		fail(w, http.StatusMovedPermanently, "Moved Permanently")
		return
	}
	if !ok {
		fail(w, http.StatusNotFound, "Not Found")
		return
	}
	page, perPage := intParam(r, "page", 1), min(intParam(r, "per_page", 30), 100)
	last := max((len(all)+perPage-1)/perPage, 1)
	s.link(w, r, page, last, perPage)
	start := min((page-1)*perPage, len(all))
	listed := []map[string]any{}
	for _, p := range all[start:min(start+perPage, len(all))] {
		listed = append(listed, s.describe(repo, p))
	}
	body, err := json.Marshal(listed)
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	etag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(body))
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", "private, max-age=60, s-maxage=60")
	w.Header().Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
	if r.Header.Get("If-None-Match") == etag {
		s.count(w, -1)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body)
}

// link sets the Link header, which leads to the next and the last page.
func (s *Server) link(w http.ResponseWriter, r *http.Request, page, last, perPage int) {
	if page >= last {
		return
	}
	to := func(n int, rel string) string {
		return fmt.Sprintf(`<%s%s?per_page=%d&page=%d>; rel="%s"`, s.api.URL, r.URL.Path, perPage, n, rel)
	}
	w.Header().Set("Link", to(page+1, "next")+", "+to(last, "last"))
}

func intParam(r *http.Request, name string, fallback int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 1 {
		return fallback
	}
	return n
}

// describe is a release as the API tells it.
func (s *Server) describe(repo string, p published) map[string]any {
	assets := []map[string]any{}
	for i, a := range p.Assets {
		assets = append(assets, s.describeAsset(repo, p.Tag, p.ids[i], a))
	}
	at := p.Published
	if at.IsZero() {
		at = time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)
	}
	described := map[string]any{
		"url": s.api.URL + "/repos/" + repo + "/releases/1", "tag_name": p.Tag, "name": p.Tag, "target_commitish": "main",
		"draft": p.Draft, "prerelease": p.Prerelease, "created_at": "2026-01-02T03:04:05Z", "assets": assets, "body": "",
		"published_at": at.UTC().Format(time.RFC3339),
	}
	if p.Draft {
		described["published_at"] = nil
	}
	return described
}

func (s *Server) describeAsset(repo, tag string, id int64, a Asset) map[string]any {
	state := a.State
	if state == "" {
		state = "uploaded"
	}
	described := map[string]any{
		"url": fmt.Sprintf("%s/repos/%s/releases/assets/%d", s.api.URL, repo, id), "id": id, "name": a.Name, "label": "",
		"content_type": "application/octet-stream", "state": state, "size": len(a.Content), "download_count": 7,
		"browser_download_url": fmt.Sprintf("%s/%s/releases/download/%s/%s", s.api.URL, repo, tag, a.Name),
	}
	switch a.Digest {
	case "":
		described["digest"] = fmt.Sprintf("sha256:%x", sha256.Sum256(a.Content))
	case NoDigest:
		described["digest"] = nil
	default:
		described["digest"] = a.Digest
	}
	return described
}
