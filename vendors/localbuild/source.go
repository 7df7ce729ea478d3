package localbuild

import (
	"context"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const (
	vendorName    = "local-build"
	vendorVersion = "0.1.0"
)

// Source is the vendor. Use New.
type Source struct{}

var _ provisioner.VendorSource = (*Source)(nil)

// New returns the vendor.
func New() *Source { return &Source{} }

// Describe implements provisioner.VendorSource. It declares no need of a network: the reference worker is built without one,
// and a folder whose modules are not at hand finds out by itself.
func (*Source) Describe(context.Context) (provisioner.Description, error) {
	const text = provisioner.StringOption
	return provisioner.Description{
		Name:    vendorName,
		Version: vendorVersion,
		Options: []provisioner.Option{
			{Name: "source", Kind: text, Required: true, Identity: true, Values: []string{sourceEmbedded, sourceDir},
				Help: "embedded: the reference worker; dir: the Go module in the folder that `dir` names"},
			{Name: "dir", Kind: text, Identity: true,
				Help: "absolute path of a folder with a go.mod in it or above it; for source dir"},
			{Name: "package", Kind: text, Identity: true,
				Help: "path within dir of the main package, such as cmd/worker; default: dir itself"},
			{Name: "version", Kind: text,
				Help: "version of what dir builds; default: " + unknownVersion + ", older than any release"},
			{Name: "go", Kind: text,
				Help: "absolute path of the go executable; default: the one in PATH"},
		},
		Needs: provisioner.Needs{Tools: []string{"go"}, Env: variables()},
	}, nil
}

// Resolve implements provisioner.VendorSource. It offers one release or refuses it, and finds out whether there is a
// toolchain to build it with.
func (*Source) Resolve(ctx context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	p, err := parseProject(q)
	if err != nil {
		return provisioner.Resolution{}, err
	}
	if refusal := p.refusal(q); refusal != nil {
		return provisioner.Resolution{Refused: []provisioner.Refusal{*refusal}}, nil
	}
	if err := p.check(); err != nil {
		return provisioner.Resolution{}, err
	}
	if _, err := findToolchain(ctx, p.goPath); err != nil {
		return provisioner.Resolution{}, err
	}
	return provisioner.Resolution{Releases: []provisioner.Release{p.release()}}, nil
}

// Fetch implements provisioner.VendorSource. It reports each line that the go command writes, and keeps all of them in
// build.log. The same source, version and toolchain make the same bytes, in whatever folder.
func (*Source) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	p, err := parseProject(req.Query)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	if refusal := p.refusal(req.Query); refusal != nil {
		return provisioner.Fetched{}, provisioner.Errorf(refusal.Kind, "%s", refusal.Reason)
	}
	if offered := p.release(); req.Release.Ref != offered.Ref || req.Release.Version.Compare(offered.Version) != 0 {
		return provisioner.Fetched{}, provisioner.Errorf(provisioner.NotFound,
			"release %s is not offered: there is %s", req.Release.Version, offered.Version)
	}
	if err := p.check(); err != nil {
		return provisioner.Fetched{}, err
	}
	tool, err := findToolchain(ctx, p.goPath)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	return (&build{project: p, tool: tool, req: req}).run(ctx)
}

// release is the one release that p makes.
func (p project) release() provisioner.Release {
	return provisioner.Release{
		Version: p.version, Prerelease: p.version.IsPrerelease(), Integrity: catalog.Built, Ref: p.source,
	}
}
