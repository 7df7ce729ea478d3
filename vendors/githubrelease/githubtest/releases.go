package githubtest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

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
	for _, id := range p.ids {
		assets = append(assets, s.describeAsset(repo, p.Tag, id))
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

func (s *Server) asset(id int64) stored {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.assets[id]
}

func (s *Server) describeAsset(repo, tag string, id int64) map[string]any {
	a := s.asset(id)
	state := a.State
	if state == "" {
		state = "uploaded"
	}
	described := map[string]any{
		"url": fmt.Sprintf("%s/repos/%s/releases/assets/%d", s.api.URL, repo, id), "id": id, "name": a.Name, "label": "",
		"content_type": "application/octet-stream", "state": state, "size": a.size, "download_count": 7,
		"browser_download_url": fmt.Sprintf("%s/%s/releases/download/%s/%s", s.api.URL, repo, tag, a.Name),
	}
	switch a.Digest {
	case "":
		described["digest"] = "sha256:" + a.sum
	case NoDigest:
		described["digest"] = nil
	default:
		described["digest"] = a.Digest
	}
	return described
}
