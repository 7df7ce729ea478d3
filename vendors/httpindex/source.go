package httpindex

import (
	"context"
	"net/url"

	"github.com/rbee-keeper/provision/provisioner"
)

// Source is the vendor. It has no state; New returns one.
type Source struct{}

var _ provisioner.VendorSource = (*Source)(nil)

// New returns the vendor, for plugins.Serve.
func New() *Source { return &Source{} }

// Describe implements provisioner.VendorSource.
func (*Source) Describe(context.Context) (provisioner.Description, error) {
	return provisioner.Description{
		Name:    "http-index",
		Version: "0.1.0",
		Options: []provisioner.Option{
			{Name: "index", Kind: provisioner.StringOption, Required: true, Identity: true,
				Help: "address of the index: http, https or file"},
			{Name: "prerelease", Kind: provisioner.BoolOption, Help: "take prereleases too"},
		},
		Settings: []provisioner.Option{
			{Name: "token_env", Kind: provisioner.StringsOption, NamesEnv: true,
				Help: "environment variables with a token, which is sent only to the host of the index"},
		},
		Needs: provisioner.Needs{Network: true, Env: []string{
			"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
			"SSL_CERT_FILE", "SSL_CERT_DIR",
		}},
	}, nil
}

// Resolve implements provisioner.VendorSource. It returns the workers in the index that fit the query, and the reasons
// why the others do not.
func (*Source) Resolve(ctx context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	set, err := parseSettings(q)
	if err != nil {
		return provisioner.Resolution{}, err
	}
	data, from, err := set.read(ctx)
	if err != nil {
		return provisioner.Resolution{}, err
	}
	workers, err := parseIndex(data)
	if err != nil {
		return provisioner.Resolution{}, provisioner.Errorf(provisioner.BadPayload, "read the index: %w", err).
			WithHint("inform the maintainer of the index; its format is in the vendor's documentation")
	}
	return set.offers(q, workers, from)
}

// offers divides the workers of the index into releases and rejections.
func (s settings) offers(q provisioner.Query, workers []worker, from *url.URL) (r provisioner.Resolution, err error) {
	for _, w := range workers {
		if kind, reason := s.rejectReason(q, w); reason != "" {
			r.Rejected = append(r.Rejected, provisioner.Rejection{
				Version: w.version.String(), Asset: w.name(), Kind: kind, Reason: reason,
			})
			continue
		}
		release, err := w.release(from)
		if err != nil {
			return provisioner.Resolution{}, err
		}
		r.Releases = append(r.Releases, release)
	}
	r.Volatile = from.Scheme == schemeFile
	return r, nil
}

// rejectReason returns why a worker does not fit the query, or "" if it does.
func (s settings) rejectReason(q provisioner.Query, w worker) (provisioner.Kind, string) {
	switch {
	case w.Type != q.Type:
		return provisioner.NotFound, "for " + w.Type.String()
	case w.Platform != q.Platform:
		return provisioner.UnsupportedPlatform, "for " + w.Platform.String()
	case w.arch != "" && w.arch != q.Arch, w.arch == "" && !q.Arch.Valid():
		return provisioner.UnsupportedPlatform, "for " + w.arch.String()
	case !q.Constraint.Allows(w.version):
		return provisioner.NotFound, "does not satisfy " + q.Constraint.String()
	case w.isPrerelease() && !s.prerelease && !q.Constraint.AsksPrerelease():
		return provisioner.NotFound, "a prerelease"
	default:
		return "", ""
	}
}
