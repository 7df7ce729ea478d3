package localbuild

import (
	"context"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/printable"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// sourceGoModule is the value of the option source for a Go module.
const sourceGoModule = "go_module"

func init() {
	registerSource(sourceKind{
		name: sourceGoModule,
		help: "a Go module's versions",
		options: []key{
			{Option: option("module", provisioner.StringOption, "path of the module; for source go_module", identity)},
			prereleasesKey, packageKey, envKey,
		},
		open: newGoModuleSource,
	})
}

// goModuleSource is a Go module. The go command downloads it with the user's settings: the same proxies and the same
// checksum database.
type goModuleSource struct{ path string }

var _ source = goModuleSource{}

var modulePath = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9._~-]+)*$`)

func newGoModuleSource(p *project) (source, error) {
	if !modulePath().MatchString(p.Module) || strings.Contains(p.Module, "..") {
		return nil, invalid("module is %q: give the path of a Go module, such as example.com/worker", p.Module)
	}
	return goModuleSource{p.Module}, nil
}

func (goModuleSource) tools() []toolrun.Tool { return nil }

// goList is the output of `go list -m -json` and `go mod download -json`.
type goList struct {
	Versions []string
	Version  string
	Sum      string // of all files, as go.sum has it
	Error    string
	Origin   struct{ URL, Hash string }
}

func (m goModuleSource) releases(ctx context.Context, p *project) (r provisioner.Resolution, err error) {
	list, err := m.runGo(ctx, p, nil, "list", "-m", "-versions", "-json", "--", m.path)
	if err != nil {
		return r, err
	}
	for _, text := range list.Versions {
		version, err := catalog.ParseVersion(text)
		if err != nil {
			r.Rejected = append(r.Rejected, provisioner.Rejection{Kind: provisioner.NotFound,
				Reason: "tag " + text + ": " + err.Error()})
			continue
		}
		p.offer(&r, provisioner.Release{Version: version, Tag: text, Prerelease: version.IsPrerelease(),
			Integrity: catalog.Built, Ref: text})
	}
	if len(list.Versions) == 0 {
		r.Rejected = append(r.Rejected, provisioner.Rejection{Kind: provisioner.NotFound,
			Reason: "the module has no tagged version"})
	}
	return r, nil
}

// runGo runs the go command outside any module and decodes its output.
func (m goModuleSource) runGo(ctx context.Context, p *project, b *build, args ...string) (list goList, err error) {
	env, _ := p.toolchain.Environment(cacheFolder(p.query, os.TempDir()))
	env = append(env, p.configuredEnv()...)
	stdout, stderr := &toolrun.Buffer{Max: 16 << 20}, &toolrun.Buffer{Max: 1 << 20}
	c := toolrun.Command{Args: append([]string{p.toolchain.Path}, args...), Dir: os.TempDir(), Env: env, Stdout: stdout,
		Stderr: stderr}
	if b != nil {
		c.Dir, c.EnvTag = b.scratch(), b.envTag()
		c.Env = append(c.Env, b.envTag())
	}
	err = c.Run(ctx)
	if stop := failure.Stopped(ctx); stop != nil {
		return list, stop
	}
	said := stderr.Text()
	if decodeErr := json.Unmarshal(stdout.Bytes(), &list); err == nil {
		err = decodeErr
	}
	if err == nil {
		return list, nil
	}
	if list.Error != "" {
		said = printable.Line(redact.Text(list.Error))
	}
	if failure.IsDiskFull(said) {
		return list, failure.DiskFull(provisioner.Other, err)
	}
	return list, provisioner.Errorf(failure.ClassifyStderr(said, provisioner.NotFound), "go %s %s: %w: %s", args[0],
		m.path, err, said)
}

// materialize lets the go command download and verify the module. The source stays in the module cache.
func (m goModuleSource) materialize(ctx context.Context, b *build) (checkout, error) {
	version := b.req.Release.Ref
	if _, err := catalog.ParseVersion(version); err != nil {
		return checkout{}, provisioner.Errorf(provisioner.NotFound, "release %s is not offered", b.req.Release.Version)
	}
	b.out.Printf("downloading %s@%s", m.path, version)
	list, err := m.runGo(ctx, b.project, b, "mod", "download", "-json", "--", m.path+"@"+version)
	if err != nil {
		return checkout{}, err
	}
	details := map[string]string{"module": m.path + "@" + version, "module_sum": list.Sum}
	if list.Origin.Hash != "" {
		details["commit"], details["url"] = list.Origin.Hash, list.Origin.URL
	}
	return checkout{dir: b.scratch(), epoch: defaultEpoch, details: details}, nil
}

// moduleBuilder builds a version of a module as `go install` does: only the module's own go.mod counts.
type moduleBuilder struct{ goBuilder }

func (moduleBuilder) check(string) error { return nil }

func (m moduleBuilder) steps(b *build) []step {
	env, cacheFlags := m.environment(b)
	// The go command refuses GOBIN when it builds for another platform.
	env = append(env, "GOBIN=", "GOPATH="+b.outFolder())
	args := append([]string{m.toolchain.Path, "install"}, m.flags(b)...)
	args = append(append(args, m.limits()...), cacheFlags...)
	pkg := path.Join(m.Module, m.Package) + "@" + b.req.Release.Ref
	b.details["flags"] = strings.Join(m.flags(b), " ")
	b.details["package"] = pkg
	return []step{{name: "go install", args: append(args, pkg), dir: b.checkout.dir, env: env, packages: true,
		fetches: true}}
}

// product is in bin or, for another platform, in a folder below it.
func (m moduleBuilder) product(b *build) product {
	bin := filepath.Join(b.outFolder(), "bin")
	other := filepath.Join(bin, m.query.Platform.GOOS()+"_"+m.query.Arch.String())
	if info, err := os.Stat(other); err == nil && info.IsDir() {
		bin = other
	}
	return product{dir: bin}
}
