package localbuild

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

const buildFolder = "build" // CMake's, in the folder that is kept for the next build

// builderCMake is the value of the option builder for CMake.
const builderCMake = "cmake"

func init() {
	registerBuilder(builderKind{
		name: builderCMake,
		options: []key{
			{Option: option("defines", provisioner.MapOption,
				"CMake's cache variables; CMAKE_BUILD_TYPE is Release by default", identity)},
			targetsKey, outputKey,
		},
		markers:    []string{"CMakeLists.txt"},
		programs:   []string{"cmake"},
		outputHint: outputHint,
		open:       func(p *project) (builder, error) { return cmakeBuilder{compiledBuilder{p}}, nil },
	})
}

// cmakeBuilder builds a CMake project.
type cmakeBuilder struct{ compiledBuilder }

var _ builder = cmakeBuilder{}

func (cmakeBuilder) tools() []toolrun.Tool {
	return []toolrun.Tool{{Name: "cmake", Min: "3.15", Install: "CMake 3.15 or newer from https://cmake.org"}}
}

func (c cmakeBuilder) steps(b *build) []step {
	cmake, build := b.found["cmake"].Path, filepath.Join(b.workDir, buildFolder)
	env := append(toolrun.Inherited(toolrun.SystemVariables, toolrun.CompilerVariables), b.variables()...)
	defines := c.defineFlags(b)
	make := []string{cmake, "--build", build, "--config", c.buildType(), "--parallel", c.jobsText()}
	flags := defines
	if len(c.Targets) > 0 {
		targets := append([]string{"--target"}, c.Targets...)
		make, flags = append(make, targets...), append(flags, targets...)
	}
	b.details["flags"] = strings.Join(flags, " ")
	return []step{
		{name: "cmake", args: append([]string{cmake, "-S", b.sourceDir(), "-B", build}, defines...), dir: b.workDir,
			env: env},
		{name: "cmake --build", args: make, dir: b.workDir, env: env},
	}
}

func (c cmakeBuilder) buildType() string {
	if t := c.Defines["CMAKE_BUILD_TYPE"]; t != "" {
		return t
	}
	return "Release"
}

func (c cmakeBuilder) defineFlags(b *build) []string {
	defines := map[string]string{}
	maps.Copy(defines, c.Defines)
	defines["CMAKE_BUILD_TYPE"] = c.buildType()
	fill := b.placeholders()
	var flags []string
	for _, name := range slices.Sorted(maps.Keys(defines)) {
		flags = append(flags, "-D"+name+"="+fill.Replace(defines[name]))
	}
	return flags
}

// product is at `output`, or else at one of the usual places of a CMake project.
func (c cmakeBuilder) product(b *build) product {
	p := product{dir: filepath.Join(b.workDir, buildFolder)}
	if c.Output != "" {
		p.candidates = []string{filepath.ToSlash(c.Output)}
		return p
	}
	name := withExe(defaultOutputName(c.project), catalog.Current())
	for _, dir := range []string{"", "bin", c.buildType(), path.Join("bin", c.buildType()), c.Package,
		path.Join(c.Package, c.buildType())} {
		if at := path.Join(dir, name); !slices.Contains(p.candidates, at) {
			p.candidates = append(p.candidates, at)
		}
	}
	return p
}

// defaultOutputName is the usual name of the executable: that of the only target, or what the query asks for.
func defaultOutputName(p *project) string {
	if len(p.Targets) == 1 {
		return p.Targets[0]
	}
	return executableName(p.query)
}
