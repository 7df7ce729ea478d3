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

// failure is a try that went wrong and may be repeated.
type failure struct {
	err  *provisioner.Error
	wait time.Duration // that the server asked for; 0 leaves it to the backoff
	// last marks one that is not repeated unless this Get has had bytes before: a host that does not answer at all, or is not
	// the one it should be.
	last bool
}

func (f *failure) Error() string { return f.err.Error() }

var errStalled = errors.New("no byte came for too long")

// networkFailure describes a broken exchange with the file's server, without the query that may sign the address.
func networkFailure(req Request, err error) error {
	if errors.Is(err, errDowngrade) || errors.Is(err, errManyRedirects) {
		return provisioner.Errorf(provisioner.Unreachable, "download %s: %w", req.Name, innermost(err))
	}
	e := provisioner.Errorf(provisioner.Unreachable, "download %s from %s: %w", req.Name, redact.URL(req.URL), innermost(err)).
		WithHint("%s, then run again: the download resumes", ReachHint(err))
	return &failure{err: e, last: isHopeless(err)}
}

// ReachHint tells what to do about an error met at reaching a server.
func ReachHint(err error) string {
	if errors.Is(err, fs.ErrPermission) { // of connect(2)
		return "grant the port under `vendors.NAME.ports` if the vendor may connect to it: its sandbox, or a firewall, denies that"
	}
	return "check the network and the proxy that HTTPS_PROXY names"
}

// innermost drops the layer of net/http that holds the whole address.
func innermost(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// isHopeless reports whether the host can't be reached at all, or is not the one it should be.
func isHopeless(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok || errors.Is(err, fs.ErrPermission) {
		return true
	}
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial" && e.Timeout()
}

// statusError gives an answer that brings no bytes its kind; what may pass is a *failure.
func statusError(req Request, resp *http.Response) error {
	wait, _ := RetryAfter(resp.Header, time.Now())
	e := func(kind provisioner.Kind, hint string) *provisioner.Error {
		err := provisioner.Errorf(kind, "download %s from %s: the server answers %s", req.Name, redact.URL(req.URL), resp.Status)
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
		return e(provisioner.NotFound, "the file was removed, or needs a token to be seen")
	case code == http.StatusTooManyRequests:
		return &failure{err: e(provisioner.RateLimited, "try again later"), wait: wait}
	case code == http.StatusRequestTimeout || code >= 500:
		return &failure{err: e(provisioner.Unreachable, "the server has a problem; try again later"), wait: wait}
	default:
		return e(provisioner.Unreachable, "this is not how a file server answers; check the address and the proxy settings")
	}
}

// RetryAfter reads how long an answer asks to wait: a Retry-After in seconds or as a date. It is false where there is none.
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
