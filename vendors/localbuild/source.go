package localbuild

import (
	"context"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/git"
)

const (
	vendorName    = "local-build"
	vendorVersion = "0.2.0"
)

// Source is the vendor. Use New.
type Source struct{}

var _ provisioner.VendorSource = (*Source)(nil)

// New returns the vendor.
func New() *Source { return &Source{} }

// Describe implements provisioner.VendorSource.
func (*Source) Describe(context.Context) (provisioner.Description, error) {
	var options []provisioner.Option
	for _, k := range keys() {
		options = append(options, k.Option)
	}
	programs := []string{git.Tool.Name}
	for _, k := range builderKinds {
		programs = append(programs, k.programs...)
	}
	return provisioner.Description{
		Name:     vendorName,
		Version:  vendorVersion,
		Options:  options,
		Settings: settings,
		Needs: provisioner.Needs{
			Network: true, // for repositories and what a build requires; the reference worker is built without one
			Tools:   programs,
			Env:     variables(),
			Ports:   []uint16{22, 9418}, // of ssh and git
			// Without its caches Go would compile the standard library for each build. Cargo's are in this vendor's cache.
			WritePaths: []string{
				"$GOCACHE", "$GOMODCACHE", "$GOPATH/pkg", "~/go/pkg", "$XDG_CACHE_HOME/go-build", "~/.cache/go-build",
			},
		},
	}, nil
}

// Resolve implements provisioner.VendorSource. It returns an error of kind MissingTool if a tool for the build is
// missing.
func (*Source) Resolve(ctx context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	p, err := parseProject(q)
	if err != nil {
		return provisioner.Resolution{}, err
	}
	if refusal := p.rejection(); refusal != nil {
		return provisioner.Resolution{Rejected: []provisioner.Rejection{*refusal}}, nil
	}
	if err := p.findTools(ctx); err != nil {
		return provisioner.Resolution{}, err
	}
	resolution, err := p.source.releases(ctx, p)
	if err != nil {
		return provisioner.Resolution{}, err
	}
	newestFirst(&resolution)
	return resolution, nil
}

// Fetch implements provisioner.VendorSource. It reports each line that the build prints. All lines are in a log, whose
// path is in the hint of an error. Builds are reproducible as far as the tools allow it.
func (*Source) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	p, err := parseProject(req.Query)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	if refusal := p.rejection(); refusal != nil {
		return provisioner.Fetched{}, provisioner.Errorf(refusal.Kind, "%s", refusal.Reason)
	}
	if err := p.findTools(ctx); err != nil {
		return provisioner.Fetched{}, err
	}
	s, err := newBuild(p, req)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	return s.fetch(ctx)
}
