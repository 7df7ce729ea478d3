package transfer

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
)

// failure is an error after which another attempt may succeed.
type failure struct {
	err  *provisioner.Error
	wait time.Duration // that the server asked for; 0 leaves it to the backoff
	// final marks a failure after which there is no other attempt, unless this Get has received bytes before: the host
	// does not answer at all, or its certificate is wrong.
	final bool
}

func (f *failure) Error() string { return f.err.Error() }

func isFailure(err error) bool {
	_, ok := errors.AsType[*failure](err)
	return ok
}

var errStalled = errors.New("no byte came for too long")

// networkFailure returns the *failure of a broken exchange with the server. Its text has no query, which may be a
// secret signature.
func networkFailure(req Request, err error) error {
	if errors.Is(err, errDowngrade) || errors.Is(err, errManyRedirects) {
		return provisioner.Errorf(provisioner.Unreachable, "download %s: %w", req.Name, innermost(err))
	}
	e := provisioner.Errorf(provisioner.Unreachable, "download %s from %s: %w", req.Name, redact.URL(req.URL),
		innermost(err)).
		WithHint("%s, then run again: the download resumes", ReachHint(err))
	return &failure{err: e, final: isUnusableHost(err)}
}

// ReachHint returns what a user can do about an error of a request that got no answer.
func ReachHint(err error) string {
	if errors.Is(err, fs.ErrPermission) { // connect(2) was denied
		return "add the port to `vendors.NAME.ports` if the vendor may use it: its sandbox, or a firewall, denies it"
	}
	return "check the network and the proxy that HTTPS_PROXY names"
}

// innermost removes the layer of net/http that contains the whole address.
func innermost(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// isUnusableHost reports whether the host cannot be reached at all, or has a wrong certificate.
func isUnusableHost(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok || errors.Is(err, fs.ErrPermission) {
		return true
	}
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial" && e.Timeout()
}

// statusError returns the error for an answer without the file. It is a *failure if the server may answer differently
// later.
func statusError(req Request, resp *http.Response) error {
	wait, _ := RetryAfter(resp.Header, time.Now())
	e := func(kind provisioner.Kind, hint string) *provisioner.Error {
		err := provisioner.Errorf(kind, "download %s from %s: the server answers %s", req.Name, redact.URL(req.URL),
			resp.Status)
		if wait > 0 {
			err.RetryAt = time.Now().Add(wait)
		}
		return err.WithHint("%s", hint)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized:
		return e(provisioner.Unauthorized, "check the token")
	case code == http.StatusForbidden && wait > 0:
		return &failure{err: e(provisioner.RateLimited, "try again later, or with a token"), wait: wait}
	case code == http.StatusForbidden && resp.Header.Get("X-RateLimit-Remaining") == "0":
		return e(provisioner.RateLimited, "try again later, or with a token")
	case code == http.StatusForbidden:
		return e(provisioner.Unauthorized, "the token, if any, may not read this file")
	case code == http.StatusNotFound || code == http.StatusGone:
		return e(provisioner.NotFound, "the file was removed, or only a token gives access to it")
	case code == http.StatusTooManyRequests:
		return &failure{err: e(provisioner.RateLimited, "try again later"), wait: wait}
	case code == http.StatusRequestTimeout || code >= 500:
		return &failure{err: e(provisioner.Unreachable, "the server has a problem; try again later"), wait: wait}
	default:
		return e(provisioner.Unreachable, "a file server does not answer like this; check the address and the proxy")
	}
}

// RetryAfter reads the Retry-After header (RFC 9110, section 10.2.3), which is a number of seconds or a date. It
// returns how long after now to wait, and false if the header is missing or malformed.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(at.Sub(now), 0), true
}
