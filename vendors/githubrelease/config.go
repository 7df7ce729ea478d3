package githubrelease

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
)

const (
	defaultAPI         = "https://api.github.com/"
	defaultTag         = `v?(?P<version>\d.*)`
	defaultMaxReleases = 300
)

var (
	defaultTokenEnv = []string{"GITHUB_TOKEN", "GH_TOKEN"}
	repoName        = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)
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
	asset       *regexp.Regexp // nil is none
	exclude     []*regexp.Regexp
	maxReleases int
	checksums   string
}

type vendorConfig struct {
	APIURL   string   `json:"api_url"`
	TokenEnv []string `json:"token_env"`
}

type sourceConfig struct {
	Repo        string   `json:"repo"`
	Tag         string   `json:"tag"`
	Prerelease  bool     `json:"prerelease"`
	Asset       string   `json:"asset"`
	Exclude     []string `json:"exclude"`
	MaxReleases int      `json:"max_releases"`
	Checksums   string   `json:"checksums"`
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
	for _, parse := range []func(vendorConfig, sourceConfig) error{s.parseAPI, s.parseRepo, s.parsePatterns} {
		if err := parse(config, with); err != nil {
			return settings{}, err
		}
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
	case !repoName.MatchString(with.Repo) || name == "." || name == "..":
		return invalid("repo", "%q is not of the form owner/name", with.Repo)
	case with.MaxReleases < 1:
		return invalid("max_releases", "it must be at least 1")
	case strings.ContainsAny(with.Checksums, `/\`):
		return invalid("checksums", "%q is not the name of an asset", with.Checksums)
	default:
		return nil
	}
}

func (s *settings) parsePatterns(_ vendorConfig, with sourceConfig) (err error) {
	if s.tag, err = wholePattern("tag", with.Tag); err != nil {
		return err
	}
	if !slices.Contains(s.tag.SubexpNames(), "version") {
		return invalid("tag", "the pattern %q has no group named version; write for example b(?P<version>\\d+)", with.Tag)
	}
	if with.Asset != "" {
		if s.asset, err = wholePattern("asset", with.Asset); err != nil {
			return err
		}
	}
	for _, text := range with.Exclude {
		re, err := regexp.Compile(text)
		if err != nil || text == "" {
			return invalid("exclude", "the pattern %q can't be read: %v", text, err)
		}
		s.exclude = append(s.exclude, re)
	}
	return nil
}

// wholePattern compiles a pattern that must match all of a text.
func wholePattern(key, text string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(text); err != nil { // by itself, so that no parenthesis escapes from the group below
		return nil, invalid(key, "the pattern %q can't be read: %v", text, err)
	}
	return regexp.Compile(`^(?:` + text + `)$`)
}
