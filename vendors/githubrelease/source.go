package githubrelease

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// Name is the vendor's name in a configuration.
const Name = "github-release"

const version = "0.1.0"

// Source is the vendor. New makes one; it may be used from many goroutines.
type Source struct {
	transport func() http.RoundTripper
	backoff   time.Duration   // before the API is asked a second time
	download  transfer.Client // with the transport left open
}

var _ provisioner.VendorSource = (*Source)(nil)

// New returns the vendor. It does nothing until it is asked.
func New() *Source {
	return &Source{
		transport: sync.OnceValue(func() http.RoundTripper { return transfer.NewTransport() }),
		backoff:   300 * time.Millisecond,
	}
}

// Describe tells the vendor's options and needs.
func (s *Source) Describe(context.Context) (provisioner.Description, error) {
	return provisioner.Description{
		Name:    Name,
		Version: version,
		Options: []provisioner.Option{
			{Name: "repo", Kind: provisioner.StringOption, Required: true, Identity: true,
				Help: "the repository, as owner/name"},
			{Name: "tag", Kind: provisioner.PatternOption,
				Help: "pattern of a whole tag; its group `version` is the version (default " + defaultTag + ")"},
			{Name: "prerelease", Kind: provisioner.BoolOption, Help: "take prereleases too"},
			{Name: "asset", Kind: provisioner.PatternOption, Identity: true,
				Help: "pattern of the asset's whole name, in place of the choice by type and platform; " +
					"{version} and {tag} are filled in"},
			{Name: "assets", Kind: provisioner.PatternMapOption, Identity: true,
				Help: "the same by platform, such as linux/amd64 or windows; what is not listed goes by asset"},
			{Name: "exclude", Kind: provisioner.PatternsOption,
				Help: "patterns; an asset with one anywhere in its name is not taken"},
			{Name: "companions", Kind: provisioner.PatternsOption, Identity: true,
				Help: "patterns of whole names of further assets to unpack into the same folder; " +
					"CUDA's libraries are found without"},
			{Name: "max_releases", Kind: provisioner.IntOption, Help: "how many releases to look at (default 300)"},
			{Name: "checksums", Kind: provisioner.StringOption,
				Help: "name of the release's checksum file, which must then be there; {version} and {tag} are filled in"},
		},
		Settings: []provisioner.Option{
			{Name: "api_url", Kind: provisioner.StringOption, Identity: true,
				Help: "address of the REST API (default " + defaultAPI + ")"},
			{Name: "token_env", Kind: provisioner.StringsOption, NamesEnv: true,
				Help: "environment variables that may hold the token (default GITHUB_TOKEN, GH_TOKEN)"},
		},
		Needs: provisioner.Needs{
			Network: true,
			Env: []string{
				"GITHUB_TOKEN", "GH_TOKEN", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
				"SSL_CERT_FILE", "SSL_CERT_DIR",
			},
		},
	}, nil
}
