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

// module is a Go module, as the go command gets it in this user's environment: from the same proxies, held against the
// same checksum database.
type module struct{ path string }

var _ origin = module{}

var modulePath = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9._~-]+)*$`)

func newModule(p *project) (module, error) {
	if !modulePath().MatchString(p.Module) || strings.Contains(p.Module, "..") {
		return module{}, invalid("module is %q: give the path of a Go module, such as example.com/worker", p.Module)
	}
	if p.Builder != builderGo {
		return module{}, invalid("builder is not for source go_module")
	}
	return module{p.Module}, nil
}

func (module) tools() []toolrun.Tool { return nil }

// goList is what `go list -m -json` and `go mod download -json` tell.
type goList struct {
	Versions []string
	Version  string
	Sum      string // of all files, as go.sum has it
	Error    string
	Origin   struct{ URL, Hash string }
}

func (m module) releases(ctx context.Context, p *project) (r provisioner.Resolution, err error) {
	list, err := m.ask(ctx, p, nil, "list", "-m", "-versions", "-json", "--", m.path)
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

// ask runs the go command, away from any module, and reads its answer.
func (m module) ask(ctx context.Context, p *project, s *site, args ...string) (list goList, err error) {
	env, _ := p.toolchain.Environment(cacheFolder(p.query, os.TempDir()))
	env = append(env, p.configured()...)
	stdout, stderr := &toolrun.Buffer{Max: 16 << 20}, &toolrun.Buffer{Max: 1 << 20}
	c := toolrun.Command{Args: append([]string{p.toolchain.Path}, args...), Dir: os.TempDir(), Env: env, Stdout: stdout,
		Stderr: stderr}
	if s != nil {
		c.Dir, c.EnvTag = s.scratch(), s.mark()
		c.Env = append(c.Env, s.mark())
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

// place has the go command download the module and check it. The source stays in its cache.
func (m module) place(ctx context.Context, s *site) (tree, error) {
	version := s.req.Release.Ref
	if _, err := catalog.ParseVersion(version); err != nil {
		return tree{}, provisioner.Errorf(provisioner.NotFound, "release %s is not offered", s.req.Release.Version)
	}
	s.out.Say("downloading %s@%s", m.path, version)
	list, err := m.ask(ctx, s.project, s, "mod", "download", "-json", "--", m.path+"@"+version)
	if err != nil {
		return tree{}, err
	}
	details := map[string]string{"module": m.path + "@" + version, "module_sum": list.Sum}
	if list.Origin.Hash != "" {
		details["commit"], details["url"] = list.Origin.Hash, list.Origin.URL
	}
	return tree{dir: s.scratch(), epoch: defaultEpoch, details: details}, nil
}

// moduleBuilder builds a version of a module by itself, as `go install` does: by its own go.mod and nothing else.
type moduleBuilder struct{ goBuilder }

func (moduleBuilder) check(string) error { return nil }

func (b moduleBuilder) steps(s *site) []step {
	env, cacheFlags := b.environment(s)
	// GOBIN would be shorter, and is refused for other platforms.
	env = append(env, "GOBIN=", "GOPATH="+s.outFolder())
	args := append([]string{b.toolchain.Path, "install"}, b.flags(s)...)
	args = append(append(args, b.limits()...), cacheFlags...)
	pkg := path.Join(b.Module, b.Package) + "@" + s.req.Release.Ref
	s.details["flags"] = strings.Join(b.flags(s), " ")
	s.details["package"] = pkg
	return []step{{name: "go install", args: append(args, pkg), dir: s.tree.dir, env: env, packages: true, fetches: true}}
}

// product is in bin, or below it in a folder that names another platform.
func (b moduleBuilder) product(s *site) product {
	bin := filepath.Join(s.outFolder(), "bin")
	other := filepath.Join(bin, b.query.Platform.GOOS()+"_"+b.query.Arch.String())
	if info, err := os.Stat(other); err == nil && info.IsDir() {
		bin = other
	}
	return product{dir: bin}
}
