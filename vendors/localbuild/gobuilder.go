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
				sources: []string{sourceDir, sourceGit, sourceGoModule}},
			{Option: option("build_tags", provisioner.StringsOption, "Go's build tags", identity),
				sources: []string{sourceDir, sourceGit, sourceGoModule}},
		},
		markers:  []string{"go.mod"},
		programs: []string{"go"},
		open:     newGoBuilder,
	})
}

// goBuilder builds with the go command.
type goBuilder struct{ *project }

var _ builder = goBuilder{}

func (g goBuilder) tools() []toolrun.Tool {
	tools := []toolrun.Tool{g.toolchain.AsTool(g.Go)}
	if g.Cgo {
		tools = append(tools, toolrun.CCompiler())
	}
	return tools
}

func newGoBuilder(p *project) (builder, error) {
	if p.Go != "" && !filepath.IsAbs(p.Go) {
		return nil, invalid("go is %q: give the absolute path of the go executable", p.Go)
	}
	if p.Source == sourceGoModule {
		return moduleBuilder{goBuilder{p}}, nil
	}
	return goBuilder{p}, nil
}

func (goBuilder) writesSource() bool { return false }

func (g goBuilder) usesCompiler() bool { return g.Cgo }

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

// flags make builds reproducible: the output holds no path and no state of a repository.
func (g goBuilder) flags(b *build) []string {
	flags := []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w -X main.version=" + b.req.Release.Version.String()}
	if len(g.BuildTags) > 0 {
		flags = append(flags, "-tags="+strings.Join(g.BuildTags, ","))
	}
	return flags
}

// limits bound how much the go command does at once.
func (g goBuilder) limits() []string { return []string{"-p=" + g.jobsText(), "-v"} }

func (g goBuilder) steps(b *build) []step {
	env, cacheFlags := g.environment(b)
	args := append([]string{g.toolchain.Path, "build"}, g.flags(b)...)
	args = append(append(args, g.limits()...), cacheFlags...)
	pkg := g.Package
	if pkg != "." {
		pkg = "./" + pkg
	}
	// With a folder as -o the go command refuses a package that is not a main package.
	args = append(args, "-o", b.outFolder()+string(filepath.Separator), pkg)
	b.details["flags"] = strings.Join(g.flags(b), " ")
	b.details["package"] = pkg
	return []step{{name: "go build", args: args, dir: b.checkout.dir, env: env, packages: true, fetches: true}}
}

func (g goBuilder) environment(b *build) (env, cacheFlags []string) {
	env, cacheFlags = g.toolchain.Environment(b.cacheDir())
	cgo := "CGO_ENABLED=0"
	if g.Cgo {
		cgo = "CGO_ENABLED=1"
		env = append(env, toolrun.Inherited(toolrun.CompilerVariables)...)
	}
	env = append(env, cgo, "GOMAXPROCS="+g.jobsText(), "GOTMPDIR="+b.scratch(),
		"GOOS="+g.query.Platform.GOOS(), "GOARCH="+g.query.Arch.String())
	if g.Source == sourceEmbedded {
		env = append(env, "GOPROXY=off") // the reference worker requires no module
	}
	return append(env, b.variables()...), cacheFlags
}

func (goBuilder) product(b *build) product { return product{dir: b.outFolder()} }

// goTargets are the architectures that Go compiles to without a C compiler and that workers exist for.
var goTargets = map[catalog.Platform][]catalog.Arch{
	catalog.Linux:   {"amd64", "arm64", "386", "arm", "loong64", "ppc64le", "riscv64", "s390x"},
	catalog.MacOS:   {"amd64", "arm64"},
	catalog.Windows: {"amd64", "arm64", "386"},
}
