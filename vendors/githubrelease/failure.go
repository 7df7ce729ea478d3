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
		var at time.Time
		if e.RetryAfter != nil {
			at = time.Now().Add(*e.RetryAfter)
		}
		return a.rateLimited(at)
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
		WithHint("check the network and the proxy that HTTPS_PROXY names")
}

// statusError tells of an answer that is no success.
func (a *api) statusError(e *github.ErrorResponse) error {
	header, status := e.Response.Header, e.Response.Status
	wait, hasWait := transfer.RetryAfter(header, time.Now())
	switch code := e.Response.StatusCode; {
	case code == http.StatusTooManyRequests, code == http.StatusForbidden && hasWait:
		at := resetOf(header)
		if hasWait {
			at = time.Now().Add(wait)
		}
		return a.rateLimited(at)
	case code == http.StatusUnauthorized && a.token == "":
		return provisioner.Errorf(provisioner.Unauthorized, "%s wants a token: %s", a.api, status).
			WithHint("set %s to one", strings.Join(a.tokenEnv, " or "))
	case code == http.StatusUnauthorized:
		return provisioner.Errorf(provisioner.Unauthorized, "%s refuses the token: %s", a.api, status).
			WithHint("renew the token in %s, or unset it: public repositories need none", strings.Join(a.tokenEnv, " or "))
	case code == http.StatusForbidden:
		return provisioner.Errorf(provisioner.Unauthorized, "%s does not let us see %s: %s", a.api, a.repo, status).
			WithHint("give the token in %s read access to the repository", strings.Join(a.tokenEnv, " or "))
	case code == http.StatusNotFound && e.Message == "":
		return a.notGitHub(errors.New("the server answers " + status))
	case code == http.StatusNotFound:
		return provisioner.Errorf(provisioner.NotFound, "there is no repository %s at %s", a.repo, a.api).
			WithHint("check the source's `repo`; a private repository needs a token in %s", strings.Join(a.tokenEnv, " or "))
	default:
		return provisioner.Errorf(provisioner.Unreachable, "list the releases of %s: %s answers %s", a.repo, a.api, status).
			WithHint("the server has a problem; try again later")
	}
}

// notGitHub tells of a server that is something else, such as a proxy's page or a wrong api_url.
func (a *api) notGitHub(err error) error {
	return provisioner.Errorf(provisioner.Unreachable, "%s does not answer like GitHub's API: %w", a.api, err).
		WithHint("check `api_url` (that of GitHub Enterprise ends in /api/v3/) and the proxy settings")
}

// rateLimited tells until when; a zero time is not known.
func (a *api) rateLimited(at time.Time) error {
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

// resetOf is when a rate limit ends, in the header that GitHub sends; zero where it doesn't.
func resetOf(h http.Header) time.Time {
	seconds, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}
