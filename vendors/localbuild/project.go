package localbuild

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// The values of the option source.
const (
	sourceEmbedded = "embedded"
	sourceDir      = "dir"
)

// unknownVersion is that of a folder whose version the configuration doesn't tell.
const unknownVersion = "0.0.0-dev"

// options are the keys of a source's `with:`.
type options struct {
	Source  string `json:"source"`
	Dir     string `json:"dir"`
	Package string `json:"package"`
	Version string `json:"version"`
	Go      string `json:"go"`
}

// project is what to build, as the configuration tells.
type project struct {
	source  string
	dir     string // absolute; empty for the embedded source
	pkg     string // as the go command takes it: "." or "./cmd/worker"
	version catalog.Version
	goPath  string // absolute path of the go command; empty looks in PATH
}

// parseProject reads the options of q. Its errors are of kind InvalidConfig.
func parseProject(q provisioner.Query) (project, error) {
	var o options
	if err := q.DecodeConfig(&struct{}{}); err != nil {
		return project{}, err
	}
	if err := q.DecodeWith(&o); err != nil {
		return project{}, err
	}
	if o.Go != "" && !filepath.IsAbs(o.Go) {
		return project{}, invalid("go is %q: give the absolute path of the go executable", o.Go)
	}
	switch o.Source {
	case sourceEmbedded:
		if o.Dir != "" || o.Package != "" || o.Version != "" {
			return project{}, invalid("dir, package and version are for source dir alone")
		}
		return project{source: o.Source, pkg: ".", version: catalog.MustVersion(ReferenceVersion), goPath: o.Go}, nil
	case sourceDir:
		return o.dirProject()
	case "":
		return project{}, invalid("source is missing: use embedded or dir")
	default:
		return project{}, invalid("source is %q: use embedded or dir", o.Source)
	}
}

func (o options) dirProject() (project, error) {
	if !filepath.IsAbs(o.Dir) {
		return project{}, invalid("dir is %q: give the absolute path of a folder", o.Dir)
	}
	pkg := path.Clean(filepath.ToSlash(o.Package))
	if !filepath.IsLocal(filepath.FromSlash(pkg)) || strings.Contains(pkg, "...") {
		return project{}, invalid("package is %q: give the path of one package within dir", o.Package)
	}
	if pkg != "." {
		pkg = "./" + pkg
	}
	if o.Version == "" {
		o.Version = unknownVersion
	}
	version, err := catalog.ParseVersion(o.Version)
	if err != nil {
		return project{}, invalid("version: %w", err)
	}
	return project{source: o.Source, dir: filepath.Clean(o.Dir), pkg: pkg, version: version, goPath: o.Go}, nil
}

func invalid(format string, args ...any) *provisioner.Error {
	return provisioner.Errorf(provisioner.InvalidConfig, format, args...)
}

// targets are the architectures that Go compiles to without a C compiler, of those that workers exist for.
var targets = map[catalog.Platform][]catalog.Arch{
	catalog.Linux:   {"amd64", "arm64", "386", "arm", "loong64", "ppc64le", "riscv64", "s390x"},
	catalog.MacOS:   {"amd64", "arm64"},
	catalog.Windows: {"amd64", "arm64", "386"},
}

// refusal tells why p is not offered for q; nil if it is.
func (p project) refusal(q provisioner.Query) *provisioner.Refusal {
	refuse := func(kind provisioner.Kind, reason string) *provisioner.Refusal {
		return &provisioner.Refusal{Version: p.version.String(), Kind: kind, Reason: reason}
	}
	switch {
	case p.source == sourceEmbedded && q.Type != catalog.CpuLlm:
		return refuse(provisioner.NotFound, "the reference worker is for cpu-llm alone, not for "+q.Type.String())
	case !q.Type.RunsOn(q.Platform):
		return refuse(provisioner.UnsupportedPlatform, q.Type.String()+" does not exist for "+q.Platform.String())
	case !slices.Contains(targets[q.Platform], q.Arch):
		return refuse(provisioner.UnsupportedPlatform,
			"go does not compile to "+q.Platform.String()+"/"+q.Arch.String())
	case !q.Constraint.Allows(p.version):
		return refuse(provisioner.NotFound, "version "+p.version.String()+" does not satisfy "+q.Constraint.String())
	default:
		return nil
	}
}

// check finds the folder and the module that it belongs to.
func (p project) check() error {
	if p.source == sourceEmbedded {
		return nil
	}
	for _, dir := range []string{p.dir, filepath.Join(p.dir, filepath.FromSlash(p.pkg))} {
		info, err := os.Stat(dir)
		switch {
		case err != nil:
			return provisioner.Errorf(provisioner.NotFound, "find source: %w", err)
		case !info.IsDir():
			return provisioner.Errorf(provisioner.NotFound, "find source: %s is not a folder", dir)
		}
	}
	for dir := p.dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return nil
		}
		if dir == filepath.Dir(dir) {
			return provisioner.Errorf(provisioner.NotFound, "find module: there is no go.mod in %s or above it", p.dir).
				WithHint("make one with `go mod init`")
		}
	}
}
