package transfer

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// NewTransport returns a transport for slow and broken networks. It gives up after 4 s without a TCP connection, 5 s
// without a TLS handshake and 5 s without the head of an answer. It uses the proxies of the environment. It speaks only
// HTTP/1.1: with HTTP/2, all chunks of a file would share one TCP connection and its limits.
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

// CheckRedirect is a policy for http.Client. It allows at most ten redirects and none from https to http, and sends
// credentials only to the scheme, host and port of the first request. Without it, net/http also sends them to other
// ports and to subdomains.
func CheckRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errManyRedirects
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return errDowngrade
	}
	req.Header.Del("Referer") // its query may be a secret signature
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
