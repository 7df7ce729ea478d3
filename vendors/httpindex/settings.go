package httpindex

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/transfer"
	"github.com/rbee-keeper/provision/vendors/web"
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
		data, err := web.ReadAll("read the index", file, maxIndex)
		return data, s.index, err
	}
	ctx, cancel := context.WithTimeout(ctx, indexTimeout)
	defer cancel()
	transport := transfer.NewTransport()
	defer transport.CloseIdleConnections()
	getter := web.Getter{
		Client:   &http.Client{Transport: transport, CheckRedirect: transfer.CheckRedirect},
		MaxBytes: maxIndex, StatusError: statusError,
	}
	header := http.Header{}
	if authorization := s.authorization(s.index); authorization != "" {
		header.Set("Authorization", authorization)
	}
	index, failure := getter.Get(ctx, "read "+redact.URL(s.index.String()), s.index.String(), header)
	if failure != nil {
		return nil, nil, failure
	}
	return index.Data, index.URL, nil
}

// statusError adds the hint for the index, and the time after which the server wants to be asked again.
func statusError(action string, resp *http.Response) *provisioner.Error {
	e := web.StatusError(action, resp)
	switch e.Kind {
	case provisioner.Unauthorized:
		e = e.WithHint("name the variable with a token in the vendor's `config: {token_env: […]}`")
	case provisioner.NotFound:
		e = e.WithHint("check the source's `index`")
	}
	if wait, ok := transfer.RetryAfter(resp.Header, time.Now()); ok {
		e.RetryAt = time.Now().Add(wait)
	}
	return e
}

// localPath returns the path of a file address. On Windows it starts with the drive, behind the first slash.
func localPath(u *url.URL) string {
	path := u.Path
	if volume := filepath.VolumeName(strings.TrimPrefix(path, "/")); volume != "" {
		path = strings.TrimPrefix(path, "/")
	}
	return filepath.FromSlash(path)
}
