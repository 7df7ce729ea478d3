package githubrelease

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

const (
	defaultAPI         = "https://api.github.com/"
	defaultTag         = `v?(?P<version>\d.*)`
	defaultMaxReleases = 300
)

var (
	defaultTokenEnv = []string{"GITHUB_TOKEN", "GH_TOKEN"}
	repoName        = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)
)

// settings is what a query asks for, parsed.
type settings struct {
	api         *url.URL // ends in a slash
	isPublic    bool     // api is GitHub's own
	token       string   // empty is none
	tokenEnv    []string
	repo        string
	tag         *regexp.Regexp
	prerelease  bool
	asset       *template // for the query's platform; nil is none
	exclude     []*regexp.Regexp
	companions  []*template
	maxReleases int
	checksums   string // may hold placeholders
}

type vendorConfig struct {
	APIURL   string   `json:"api_url"`
	TokenEnv []string `json:"token_env"`
}

type sourceConfig struct {
	Repo        string            `json:"repo"`
	Tag         string            `json:"tag"`
	Prerelease  bool              `json:"prerelease"`
	Asset       string            `json:"asset"`
	Assets      map[string]string `json:"assets"`
	Exclude     []string          `json:"exclude"`
	Companions  []string          `json:"companions"`
	MaxReleases int               `json:"max_releases"`
	Checksums   string            `json:"checksums"`
}

// parseSettings reads the configuration that comes with a query. Its errors are of kind InvalidConfig and name the key.
func parseSettings(q provisioner.Query) (settings, error) {
	config := vendorConfig{APIURL: defaultAPI, TokenEnv: slices.Clone(defaultTokenEnv)} // decoding writes into the slice
	with := sourceConfig{Tag: defaultTag, MaxReleases: defaultMaxReleases}
	if err := q.DecodeConfig(&config); err != nil {
		return settings{}, err
	}
	if err := q.DecodeWith(&with); err != nil {
		return settings{}, err
	}
	s := settings{
		repo: with.Repo, prerelease: with.Prerelease, checksums: with.Checksums, maxReleases: with.MaxReleases,
		tokenEnv: config.TokenEnv,
	}
	for _, parse := range []func(vendorConfig, sourceConfig) error{s.parseAPI, s.parseRepo, s.parseTag, s.parsePatterns} {
		if err := parse(config, with); err != nil {
			return settings{}, err
		}
	}
	var err error
	if s.asset, err = assetFor(with, q.Platform, q.Arch); err != nil {
		return settings{}, err
	}
	for _, name := range config.TokenEnv {
		if s.token = strings.TrimSpace(os.Getenv(name)); s.token != "" {
			break
		}
	}
	if strings.ContainsAny(s.token, "\r\n\x00") {
		return settings{}, invalid("token_env", "the token in the environment holds a line break")
	}
	return s, nil
}

func invalid(key, format string, args ...any) error {
	return provisioner.Errorf(provisioner.InvalidConfig, "%s: %s", key, fmt.Sprintf(format, args...))
}

func (s *settings) parseAPI(config vendorConfig, _ sourceConfig) error {
	u, err := url.Parse(config.APIURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return invalid("api_url", "it must be an http or https address")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return invalid("api_url", "it must not hold a user, a query or a fragment; a token goes into the environment")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	s.api, s.isPublic = u, u.String() == defaultAPI
	return nil
}

func (s *settings) parseRepo(_ vendorConfig, with sourceConfig) error {
	switch _, name, _ := strings.Cut(with.Repo, "/"); {
	case with.Repo == "":
		return invalid("repo", "it is missing; set it to owner/name")
	case !repoName().MatchString(with.Repo) || name == "." || name == "..":
		return invalid("repo", "%q is not of the form owner/name", with.Repo)
	case with.MaxReleases < 1:
		return invalid("max_releases", "it must be at least 1")
	case strings.ContainsAny(with.Checksums, `/\`):
		return invalid("checksums", "%q is not the name of an asset", with.Checksums)
	default:
		return nil
	}
}

func (s *settings) parseTag(_ vendorConfig, with sourceConfig) error {
	if _, err := regexp.Compile(with.Tag); err != nil { // by itself, so that no parenthesis escapes from the group below
		return invalid("tag", "the pattern %q can't be read: %v", with.Tag, err)
	}
	s.tag = regexp.MustCompile(`^(?:` + with.Tag + `)$`)
	if !slices.Contains(s.tag.SubexpNames(), "version") {
		return invalid("tag", "the pattern %q has no group named version; write for example b(?P<version>\\d+)", with.Tag)
	}
	return nil
}

func (s *settings) parsePatterns(_ vendorConfig, with sourceConfig) error {
	for _, text := range with.Exclude {
		re, err := regexp.Compile(text)
		if err != nil || text == "" {
			return invalid("exclude", "the pattern %q can't be read: %v", text, err)
		}
		s.exclude = append(s.exclude, re)
	}
	for _, text := range with.Companions {
		t, err := parseTemplate("companions", text)
		if err != nil {
			return err
		}
		s.companions = append(s.companions, t)
	}
	return nil
}

// assetFor is the source's pattern for a platform: that of `assets` for the platform and architecture, then for the
// platform alone, then `asset`. Patterns for other platforms are checked too, as a mistake is best told on every
// machine.
func assetFor(with sourceConfig, p catalog.Platform, a catalog.Arch) (*template, error) {
	best, rank := (*template)(nil), 0
	if with.Asset != "" {
		t, err := parseTemplate("asset", with.Asset)
		if err != nil {
			return nil, err
		}
		best = t
	}
	for _, key := range slices.Sorted(maps.Keys(with.Assets)) {
		t, err := parseTemplate("assets", with.Assets[key])
		if err != nil {
			return nil, err
		}
		osText, archText, hasArch := strings.Cut(key, "/")
		platform, err := catalog.ParsePlatform(osText)
		if err != nil {
			return nil, invalid("assets", "%q: %v", key, err)
		}
		arch, err := catalog.ParseArch(archText)
		if hasArch && err != nil {
			return nil, invalid("assets", "%q: %v", key, err)
		}
		switch {
		case platform != p || hasArch && arch != a:
		case hasArch:
			best, rank = t, 2
		case rank < 2:
			best, rank = t, 1
		}
	}
	return best, nil
}
