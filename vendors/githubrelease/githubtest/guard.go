package githubtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

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
