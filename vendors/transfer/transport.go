package transfer

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// NewTransport returns a transport for slow and broken networks: a host whose packets are dropped is given up after 4 s, a
// TLS handshake after 5 s, a server that does not begin to answer after 5 s. Proxies are those of the environment. It speaks
// HTTP/1.1 alone: the parts of a file would share one connection of HTTP/2, and with it the limits of one.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 4 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 5 * time.Second,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       30 * time.Second,
		MaxIdleConnsPerHost:   defaultConnections,
	}
}

var sharedTransport = sync.OnceValue(func() http.RoundTripper { return NewTransport() })

const maxRedirects = 10

var (
	errDowngrade     = errors.New("refuse a redirect from https to plain http")
	errManyRedirects = errors.New("stop after 10 redirects")
)

// CheckRedirect is a policy for http.Client: at most ten redirects, none from https to http, and credentials stay with the
// scheme, host and port that they were meant for. net/http alone keeps them for other ports and subdomains.
func CheckRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errManyRedirects
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return errDowngrade
	}
	req.Header.Del("Referer") // its query may sign an address
	for _, earlier := range append(via[1:len(via):len(via)], req) {
		if !SameOrigin(earlier.URL, via[0].URL) {
			req.Header.Del("Authorization")
			req.Header.Del("Cookie")
		}
	}
	return nil
}

// SameOrigin reports whether a and b have the same scheme, host and port.
func SameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && a.Hostname() == b.Hostname() && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
