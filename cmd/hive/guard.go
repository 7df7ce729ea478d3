package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	readTimeout = 10 * time.Second // of a request's body
	maxBody     = 64 << 10         // bytes
)

// guard lets in whom the hive may work for. Browsers run anybody's code on this machine: what a foreign page sends, or
// what comes under a foreign name that was made to lead here, is refused.
type guard struct {
	token      string // that every request but a health check must carry; empty asks for none
	isLoopback bool   // whether the hive listens on the loopback interface alone
}

func (g guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit(w, r)
		switch {
		case g.isLoopback && !isLocalName(r.Host):
			fail(w, http.StatusForbidden, refusal{Message: "this hive serves its own machine alone, not " + r.Host})
		case isCrossOrigin(r):
			fail(w, http.StatusForbidden, refusal{Message: "this hive takes no requests from web pages of others"})
		case r.URL.Path != "/health" && !g.isAuthorised(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, http.StatusUnauthorized, refusal{Message: "want the header Authorization: Bearer with the hive's token"})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// limit bounds the request's body, and the time that it and the answer may take.
func limit(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	if r.ContentLength != 0 {
		_ = control.SetReadDeadline(time.Now().Add(readTimeout))
	}
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // a stream sets it again
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
}

// isLocalName reports whether a Host header names this machine's loopback interface.
func isLocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// isCrossOrigin reports whether a browser says that the request is another site's.
func isCrossOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	return origin != "" && origin != "http://"+r.Host
}

// isAuthorised compares in a time that tells nothing of the token.
func (g guard) isAuthorised(r *http.Request) bool {
	given, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	have, want := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(g.token))
	return g.token == "" || isBearer && subtle.ConstantTimeCompare(have[:], want[:]) == 1
}
