package transfer

import (
	"net/http"
	"sync"
)

// endpoint is an address and the credential that is sent to it.
type endpoint struct{ url, authorization string }

// route knows two addresses of a file: the given one, and the one that its redirects led to. The second saves a
// redirect for each chunk, but it may expire, as signed addresses do.
type route struct {
	given endpoint

	mu     sync.Mutex
	direct endpoint
}

// learn remembers the address that an answer came from, and the credential that was sent there, if any.
func (r *route) learn(resp *http.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.direct = endpoint{resp.Request.URL.String(), resp.Request.Header.Get("Authorization")}
}

// forget makes the next request use the given address, unless another direct one is known by now.
func (r *route) forget(expired endpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.direct == expired {
		r.direct = endpoint{}
	}
}

// best returns the address to ask, and whether it may have expired.
func (r *route) best() (e endpoint, mayExpire bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.direct.url == "" || r.direct.url == r.given.url {
		return r.given, false
	}
	return r.direct, true
}

// hasExpired reports whether a status is one that storage services answer to a signed address that has expired.
func hasExpired(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return true
	default:
		return false
	}
}
