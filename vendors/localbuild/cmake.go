package localbuild

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

const buildFolder = "build" // CMake's, in the folder that is kept for the next build

// cmakeBuilder builds a CMake project.
type cmakeBuilder struct{ *project }

var _ builder = cmakeBuilder{}

func (cmakeBuilder) tools() []toolrun.Tool {
	return []toolrun.Tool{{Name: "cmake", Min: "3.15", Install: "CMake 3.15 or newer from https://cmake.org"}}
}

// writesSource is true because a project may, though CMake itself does not.
func (cmakeBuilder) writesSource() bool { return true }

func (b cmakeBuilder) check(dir string) error {
	return requireFile(filepath.Join(dir, filepath.FromSlash(b.Package)), builderCMake, "CMakeLists.txt")
}

func (b cmakeBuilder) steps(s *site) []step {
	cmake, build := s.found["cmake"].Path, filepath.Join(s.work, buildFolder)
	env := append(toolrun.Inherited(toolrun.SystemVariables, toolrun.CompilerVariables), s.ownVariables()...)
	defines := b.defineFlags(s)
	make := []string{cmake, "--build", build, "--config", b.buildType(), "--parallel", b.jobsText()}
	flags := defines
	if len(b.Targets) > 0 {
		targets := append([]string{"--target"}, b.Targets...)
		make, flags = append(make, targets...), append(flags, targets...)
	}
	s.details["flags"] = strings.Join(flags, " ")
	return []step{
		{name: "cmake", args: append([]string{cmake, "-S", s.sourceDir(), "-B", build}, defines...), dir: s.work, env: env},
		{name: "cmake --build", args: make, dir: s.work, env: env},
	}
}

func (b cmakeBuilder) buildType() string {
	if t := b.Defines["CMAKE_BUILD_TYPE"]; t != "" {
		return t
	}
	return "Release"
}

func (b cmakeBuilder) defineFlags(s *site) []string {
	defines := map[string]string{}
	maps.Copy(defines, b.Defines)
	defines["CMAKE_BUILD_TYPE"] = b.buildType()
	fill := s.placeholders()
	var flags []string
	for _, name := range slices.Sorted(maps.Keys(defines)) {
		flags = append(flags, "-D"+name+"="+fill.Replace(defines[name]))
	}
	return flags
}

// product is where `output` says; else in the places where projects have CMake put a target.
func (b cmakeBuilder) product(s *site) product {
	p := product{dir: filepath.Join(s.work, buildFolder)}
	if b.Output != "" {
		p.candidates = []string{filepath.ToSlash(b.Output)}
		return p
	}
	name := withExe(usualName(b.project), catalog.Current())
	for _, dir := range []string{"", "bin", b.buildType(), path.Join("bin", b.buildType()), b.Package,
		path.Join(b.Package, b.buildType())} {
		if at := path.Join(dir, name); !slices.Contains(p.candidates, at) {
			p.candidates = append(p.candidates, at)
		}
	}
	return p
}

// usualName is what a build calls its executable: like its one target, or like what is asked for.
func usualName(p *project) string {
	if len(p.Targets) == 1 {
		return p.Targets[0]
	}
	return wanted(p.query)
}
