package githubrelease

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// apiError gives an error of a call of the API its kind and a hint.
func (a *api) apiError(err error) error {
	if errors.Is(err, context.Canceled) {
		return provisioner.Errorf(provisioner.Cancelled, "list the releases of %s: %w", a.repo, err)
	}
	if e, ok := errors.AsType[*github.RateLimitError](err); ok {
		return a.rateLimited(e.Rate.Reset.Time)
	}
	if e, ok := errors.AsType[*github.AbuseRateLimitError](err); ok {
		if at, ok := limitedUntil(e.Response); ok {
			return a.rateLimited(at)
		}
		return a.rateLimited(time.Now().Add(secondaryWait))
	}
	if e, ok := errors.AsType[*github.ErrorResponse](err); ok {
		return a.statusError(e)
	}
	if e, ok := errors.AsType[*github.TwoFactorAuthError](err); ok {
		return a.statusError((*github.ErrorResponse)(e))
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address, which is told here
	}
	return provisioner.Errorf(provisioner.Unreachable, "reach %s: %w", a.api, err).
		WithHint("%s", transfer.ReachHint(err))
}

// secondaryWait is what GitHub advises where it tells of a secondary rate limit and not for how long.
const secondaryWait = time.Minute

// statusError tells of an answer that is no success.
func (a *api) statusError(e *github.ErrorResponse) error {
	if at, ok := limitedUntil(e.Response); ok {
		return a.rateLimited(at)
	}
	status := e.Response.Status
	switch code := e.Response.StatusCode; {
	case code == http.StatusForbidden && strings.Contains(strings.ToLower(e.Message), "rate limit"):
		return a.rateLimited(time.Now().Add(secondaryWait))
	case code == http.StatusUnauthorized && a.token == "":
		return provisioner.Errorf(provisioner.Unauthorized, "%s wants a token: %s", a.api, status).
			WithHint("%s", a.tokenHint())
	case code == http.StatusUnauthorized:
		return provisioner.Errorf(provisioner.Unauthorized, "%s refuses the token: %s", a.api, status).
			WithHint("renew the token in %s, or unset it: public repositories need none", strings.Join(a.tokenEnv, " or "))
	case code == http.StatusForbidden:
		return provisioner.Errorf(provisioner.Unauthorized, "%s does not let us see %s: %s", a.api, a.repo, status).
			WithHint("%s", a.tokenHint())
	case code == http.StatusNotFound && e.Message == "":
		return a.notGitHub(errors.New("the server answers " + status))
	case code == http.StatusNotFound:
		return provisioner.Errorf(provisioner.NotFound, "there is no repository %s at %s", a.repo, a.api).
			WithHint("check the source's `repo`; a private repository needs a token in %s", strings.Join(a.tokenEnv, " or "))
	case code == http.StatusGone, code == http.StatusUnavailableForLegalReasons:
		return provisioner.Errorf(provisioner.NotFound, "the repository %s is not published any more: %s", a.repo, status).
			WithHint("set the source's `repo` to another")
	default:
		return provisioner.Errorf(provisioner.Unreachable, "list the releases of %s: %s answers %s", a.repo, a.api, status).
			WithHint("the server has a problem; try again later")
	}
}

// tokenHint tells which variable a token belongs in.
func (a *api) tokenHint() string {
	names := strings.Join(a.tokenEnv, " or ")
	if a.token == "" {
		return "set " + names + " to a token that may read the repository"
	}
	return "give the token in " + names + " read access to the repository"
}

// notGitHub tells of a server that is something else, such as a proxy's page or a wrong api_url.
func (a *api) notGitHub(err error) error {
	return provisioner.Errorf(provisioner.Unreachable, "%s does not answer like GitHub's API: %w", a.api, err).
		WithHint("check `api_url` (that of GitHub Enterprise ends in /api/v3/) and the proxy settings")
}

// rateLimited tells until when; a zero time is not known.
func (a *api) rateLimited(at time.Time) *provisioner.Error {
	e := provisioner.Errorf(provisioner.RateLimited, "the rate limit of %s is used up", a.api)
	if !at.IsZero() {
		e.Message += " until " + at.UTC().Format(time.RFC3339)
	}
	e.RetryAt = at
	if a.token != "" {
		return e.WithHint("try again later")
	}
	return e.WithHint("try again later, or set %s to a token, which allows far more", strings.Join(a.tokenEnv, " or "))
}

// limitedUntil reports whether an answer tells of a rate limit, and when that ends; zero is not known.
func limitedUntil(resp *http.Response) (at time.Time, ok bool) {
	wait, hasWait := waitOf(resp)
	switch {
	case resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests:
		return time.Time{}, false
	case hasWait:
		return time.Now().Add(wait), true
	default:
		return resetOf(resp.Header), resp.StatusCode == http.StatusTooManyRequests
	}
}

// waitOf is how long an answer asks to wait: by Retry-After, or until a used-up limit is reset.
func waitOf(resp *http.Response) (time.Duration, bool) {
	if wait, ok := transfer.RetryAfter(resp.Header, time.Now()); ok {
		return wait, true
	}
	isLimit := resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusTooManyRequests
	reset := resetOf(resp.Header)
	if !isLimit || resp.Header.Get("X-RateLimit-Remaining") != "0" || reset.IsZero() {
		return 0, false
	}
	return max(time.Until(reset), 0), true
}

// resetOf is when a rate limit ends, in the header that GitHub sends; zero where it doesn't.
func resetOf(h http.Header) time.Time {
	seconds, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}
