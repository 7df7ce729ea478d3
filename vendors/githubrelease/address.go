package githubrelease

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// assetType asks the API for an asset's bytes in place of what it knows of them.
const assetType = "application/octet-stream"

// address is one way to an asset.
type address struct {
	url           string
	authorization string // for url's own host
	header        http.Header
}

// addresses lists where an asset may be had, best first. The address for browsers is not counted against the rate
// limit; the API's is needed for private repositories.
func (a *api) addresses(id int64, browserURL string) (all []address) {
	isSafe := strings.HasPrefix(browserURL, "https://") || a.api.Scheme == "http" &&
		strings.HasPrefix(browserURL, "http://")
	if isSafe {
		all = append(all, address{url: browserURL, header: http.Header{"Accept": {assetType}, "User-Agent": {userAgent}}})
	}
	if a.token != "" || !a.isPublic || len(all) == 0 {
		all = append(all, address{
			url:           fmt.Sprintf("%srepos/%s/releases/assets/%d", a.api, a.repo, id),
			authorization: a.authorization(),
			header:        http.Header{"Accept": {assetType}, "User-Agent": {userAgent}},
		})
	}
	return all
}

// loginWall is a transport that takes a redirect to a page for signing in for what it means: a GitHub Enterprise that
// is private sends browsers there, and answers 200 with a page.
type loginWall struct {
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (l loginWall) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || resp.StatusCode < 300 || resp.StatusCode > 399 {
		return resp, err
	}
	to, parseErr := url.Parse(resp.Header.Get("Location"))
	if parseErr == nil && (to.Path == "/login" || strings.HasSuffix(to.Path, "/sso") ||
		strings.HasPrefix(to.Path, "/login/")) {
		resp.Header.Del("Location")
		resp.StatusCode, resp.Status = http.StatusUnauthorized, "401 Unauthorized"
	}
	return resp, nil
}
