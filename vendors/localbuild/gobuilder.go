package localbuild

import (
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

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

func (goBuilder) writesSource() bool { return false }

func (goBuilder) check(dir string) error {
	if _, err := moduleRoot(dir); err != nil {
		e := provisioner.Errorf(provisioner.BuildFailed, "find module: there is no go.mod in %s or above it", dir)
		if other := otherBuilder(dir, builderGo); strings.HasPrefix(other, "set `builder") {
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
