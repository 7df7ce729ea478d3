package localbuild

import (
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// builderGo is the value of the option builder for the go command.
const builderGo = "go"

func init() {
	registerBuilder(builderKind{
		name: builderGo,
		options: []key{
			{Option: option("go", provisioner.StringOption, "absolute path of the go executable; default: the one in PATH")},
			{Option: option("cgo", provisioner.BoolOption, "true lets Go code call C, which needs a C compiler", identity),
				sources: []string{sourceDir, sourceGit, sourceModule}},
			{Option: option("build_tags", provisioner.StringsOption, "Go's build tags", identity),
				sources: []string{sourceDir, sourceGit, sourceModule}},
		},
		markers:  []string{"go.mod"},
		programs: []string{"go"},
		open:     newGoBuilder,
	})
}

// goBuilder builds with the go command.
type goBuilder struct{ *project }

var _ builder = goBuilder{}

func (b goBuilder) tools() []toolrun.Tool {
	tools := []toolrun.Tool{b.toolchain.AsTool(b.Go)}
	if b.Cgo {
		tools = append(tools, toolrun.CCompiler())
	}
	return tools
}

func newGoBuilder(p *project) (builder, error) {
	if p.Go != "" && !filepath.IsAbs(p.Go) {
		return nil, invalid("go is %q: give the absolute path of the go executable", p.Go)
	}
	if p.Source == sourceModule {
		return moduleBuilder{goBuilder{p}}, nil
	}
	return goBuilder{p}, nil
}

func (goBuilder) writesSource() bool { return false }

func (b goBuilder) usesCompiler() bool { return b.Cgo }

// root is the folder with the go.mod, which may be above dir.
func (goBuilder) root(dir string) string {
	if root, err := moduleRoot(dir); err == nil {
		return root
	}
	return dir
}

func (goBuilder) check(dir string) error {
	if _, err := moduleRoot(dir); err != nil {
		e := provisioner.Errorf(provisioner.BuildFailed, "find module: there is no go.mod in %s or above it", dir)
		if other := otherBuilder(dir, builderGo); other != "" {
			return e.WithHint("%s", other)
		}
		return e.WithHint("make one with `go mod init`, or set `builder`")
	}
	return nil
}

// flags make the output the same in whatever folder it is built: without its path, without a repository's state.
func (b goBuilder) flags(s *site) []string {
	flags := []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w -X main.version=" + s.req.Release.Version.String()}
	if len(b.BuildTags) > 0 {
		flags = append(flags, "-tags="+strings.Join(b.BuildTags, ","))
	}
	return flags
}

// limits bound what the go command does at once.
func (b goBuilder) limits() []string { return []string{"-p=" + b.jobsText(), "-v"} }

func (b goBuilder) steps(s *site) []step {
	env, cacheFlags := b.environment(s)
	args := append([]string{b.toolchain.Path, "build"}, b.flags(s)...)
	args = append(append(args, b.limits()...), cacheFlags...)
	pkg := b.Package
	if pkg != "." {
		pkg = "./" + pkg
	}
	// A folder as -o makes the go command refuse a package that is no main one.
	args = append(args, "-o", s.outFolder()+string(filepath.Separator), pkg)
	s.details["flags"] = strings.Join(b.flags(s), " ")
	s.details["package"] = pkg
	return []step{{name: "go build", args: args, dir: s.tree.dir, env: env, packages: true, fetches: true}}
}

func (b goBuilder) environment(s *site) (env, cacheFlags []string) {
	env, cacheFlags = b.toolchain.Environment(s.cacheDir())
	cgo := "CGO_ENABLED=0"
	if b.Cgo {
		cgo = "CGO_ENABLED=1"
		env = append(env, toolrun.Inherited(toolrun.CompilerVariables)...)
	}
	env = append(env, cgo, "GOMAXPROCS="+b.jobsText(), "GOTMPDIR="+s.scratch(),
		"GOOS="+b.query.Platform.GOOS(), "GOARCH="+b.query.Arch.String())
	if b.Source == sourceEmbedded {
		env = append(env, "GOPROXY=off") // it requires no module
	}
	return append(env, s.ownVariables()...), cacheFlags
}

func (goBuilder) product(s *site) product { return product{dir: s.outFolder()} }

// goTargets are the architectures that Go compiles to without a C compiler, of those that workers exist for.
var goTargets = map[catalog.Platform][]catalog.Arch{
	catalog.Linux:   {"amd64", "arm64", "386", "arm", "loong64", "ppc64le", "riscv64", "s390x"},
	catalog.MacOS:   {"amd64", "arm64"},
	catalog.Windows: {"amd64", "arm64", "386"},
}
