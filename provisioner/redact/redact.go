// Package redact removes secrets from URLs before they are printed, logged or recorded: the userinfo, which may hold a
// password, and the query and the fragment, which may hold a token or a signature.
//
// It knows URLs only. It does not look for secrets in headers, in environment variables or in a URL's path.
package redact

import (
	"net/url"
	"regexp"
)

var (
	userinfo = regexp.MustCompile(`(://)[^/\s]*@`)
	query    = regexp.MustCompile(`(://[^\s?#]*)[?#]\S*`)
	// bareUserinfo is the userinfo of an address without a scheme, as in "user:password@host/path".
	bareUserinfo = regexp.MustCompile(`(^|\s)[^\s/@:]+:[^\s/@]+@`)
)

// URL returns address without userinfo, query and fragment. For an address that net/url cannot parse it returns
// "(malformed address)": nobody knows which part of it is secret.
func URL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(malformed address)"
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String()
}

// Text returns text with userinfo, query and fragment removed from every URL in it, malformed ones included. A URL
// ends at the first white space.
func Text(text string) string {
	text = userinfo.ReplaceAllString(text, "$1")
	text = query.ReplaceAllString(text, "$1")
	return bareUserinfo.ReplaceAllString(text, "$1")
}
