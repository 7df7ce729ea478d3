package transfer

import (
	"net/http"
	"sync"
)

// endpoint is an address and the credential that it is asked with.
type endpoint struct{ url, authorization string }

// route leads to a file: by the address that was given, and straight to where that led, which saves the way and may expire.
type route struct {
	given endpoint

	mu       sync.Mutex
	straight endpoint
}

// learn remembers where an answer came from. A credential goes there only if that answer was asked with it.
func (r *route) learn(resp *http.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.straight = endpoint{resp.Request.URL.String(), resp.Request.Header.Get("Authorization")}
}

// forget makes the given address be asked next.
func (r *route) forget(old endpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.straight == old {
		r.straight = endpoint{}
	}
}

// best returns the address to ask, and whether it may have expired.
func (r *route) best() (e endpoint, mayExpire bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.straight.url == "" || r.straight.url == r.given.url {
		return r.given, false
	}
	return r.straight, true
}

// hasExpired reports whether a status is what storage answers to an address that it signed too long ago.
func hasExpired(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return true
	default:
		return false
	}
}
