package httpindex

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

const schemeFile = "file"

const (
	maxIndex     = 8 << 20 // bytes
	indexTimeout = 30 * time.Second
)

// settings are the options and settings of a query, parsed.
type settings struct {
	index      *url.URL
	prerelease bool
	token      string // may be empty
}

// parseSettings parses the options and settings of a query. Its errors have the kind InvalidConfig and name the key.
func parseSettings(q provisioner.Query) (s settings, err error) {
	var with struct {
		Index      string `json:"index"`
		Prerelease bool   `json:"prerelease"`
	}
	var config struct {
		TokenEnv []string `json:"token_env"`
	}
	if err := q.DecodeWith(&with); err != nil {
		return s, err
	}
	if err := q.DecodeConfig(&config); err != nil {
		return s, err
	}
	s.prerelease = with.Prerelease
	if s.index, err = url.Parse(with.Index); err != nil || !isAddress(s.index) {
		return s, provisioner.Errorf(provisioner.InvalidConfig,
			"index: want an http, https or file address without userinfo and query").
			WithHint("examples are https://mirror.example/index.json and file:///srv/mirror/index.json")
	}
	for _, name := range config.TokenEnv {
		if s.token = strings.TrimSpace(os.Getenv(name)); s.token != "" {
			break
		}
	}
	if strings.ContainsAny(s.token, "\r\n\x00") {
		return s, provisioner.Errorf(provisioner.InvalidConfig,
			"token_env: the token in the environment contains a line break")
	}
	return s, nil
}

// isAddress reports whether u may be the address of an index.
func isAddress(u *url.URL) bool {
	switch {
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return false
	case u.Scheme == schemeFile:
		return u.Host == "" && strings.HasPrefix(u.Path, "/")
	default:
		return (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	}
}

// authorization returns the value of that header for an address: the token, if the address has the scheme, host and
// port of the index.
func (s settings) authorization(u *url.URL) string {
	if s.token == "" || !transfer.SameOrigin(u, s.index) {
		return ""
	}
	return "Bearer " + s.token
}

// read returns the index, and the address that it came from after all redirects: relative addresses in the index start
// there.
func (s settings) read(ctx context.Context) ([]byte, *url.URL, error) {
	if s.index.Scheme == schemeFile {
		file, err := os.Open(localPath(s.index))
		if err != nil {
			return nil, nil, provisioner.Errorf(provisioner.NotFound, "open the index: %w", err).
				WithHint("check the source's `index`")
		}
		defer file.Close()
		data, err := readBounded(file)
		return data, s.index, err
	}
	ctx, cancel := context.WithTimeout(ctx, indexTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.index.String(), nil)
	if err != nil {
		return nil, nil, provisioner.Errorf(provisioner.InvalidConfig, "index: %w", err)
	}
	if authorization := s.authorization(s.index); authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	transport := transfer.NewTransport()
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: transfer.CheckRedirect}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, s.unreachable(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, nil, s.statusError(resp)
	}
	data, err := readBounded(resp.Body)
	if _, ok := errors.AsType[*provisioner.Error](err); err != nil && !ok {
		return nil, nil, s.unreachable(ctx, err)
	}
	return data, resp.Request.URL, err
}

// unreachable returns the error for a request that got no answer, or not all of it.
func (s settings) unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return provisioner.Errorf(provisioner.Cancelled, "read the index: %w", ctx.Err())
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // err has the address of a redirect, which may contain a secret signature
	}
	return provisioner.Errorf(provisioner.Unreachable, "read %s: %w", redact.URL(s.index.String()), err).
		WithHint("%s", transfer.ReachHint(err))
}

// statusError returns the error for an answer that is not the index.
func (s settings) statusError(resp *http.Response) error {
	kind, hint := provisioner.Unreachable, "the server has a problem; try again later"
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		kind = provisioner.Unauthorized
		hint = "name the variable with a token in the vendor's `config: {token_env: […]}`"
	case http.StatusNotFound, http.StatusGone:
		kind, hint = provisioner.NotFound, "check the source's `index`"
	case http.StatusTooManyRequests:
		kind, hint = provisioner.RateLimited, "try again later"
	}
	e := provisioner.Errorf(kind, "read %s: the server answers %s", redact.URL(s.index.String()), resp.Status).
		WithHint("%s", hint)
	if wait, ok := transfer.RetryAfter(resp.Header, time.Now()); ok {
		e.RetryAt = time.Now().Add(wait)
	}
	return e
}

// readBounded reads all of r. It returns an error if r has more than maxIndex bytes.
func readBounded(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxIndex+1))
	if err == nil && len(data) > maxIndex {
		err = provisioner.Errorf(provisioner.BadPayload, "the index is longer than %d bytes", maxIndex)
	}
	return data, err
}

// localPath returns the path of a file address. On Windows it starts with the drive, behind the first slash.
func localPath(u *url.URL) string {
	path := u.Path
	if volume := filepath.VolumeName(strings.TrimPrefix(path, "/")); volume != "" {
		path = strings.TrimPrefix(path, "/")
	}
	return filepath.FromSlash(path)
}
