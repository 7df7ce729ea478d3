package localbuild

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// makeBuilder builds with GNU make.
type makeBuilder struct{ *project }

var _ builder = makeBuilder{}

func (makeBuilder) tools() []toolrun.Tool {
	return []toolrun.Tool{{Name: "make", Min: "3.81", Install: "GNU make 3.81 or newer"}}
}

func (makeBuilder) writesSource() bool { return true }

func (b makeBuilder) check(dir string) error {
	return requireFile(filepath.Join(dir, filepath.FromSlash(b.Package)), builderMake, "Makefile", "makefile",
		"GNUmakefile")
}

func (b makeBuilder) steps(s *site) []step {
	fill := s.placeholders()
	var flags []string
	for _, assignment := range toolrun.Assignments(b.Variables) {
		flags = append(flags, fill.Replace(assignment))
	}
	flags = append(flags, b.Targets...)
	s.details["flags"] = strings.Join(flags, " ")
	args := append([]string{s.found["make"].Path, "--jobs=" + b.jobsText()}, flags...)
	return []step{{name: "make", args: args, dir: s.sourceDir(), env: append(s.plainEnvironment(), s.ownVariables()...)}}
}

func (b makeBuilder) product(s *site) product { return namedProduct(s) }

// namedProduct is where `output` says, from the folder that is built; else the file with the usual name there.
func namedProduct(s *site) product {
	name := filepath.ToSlash(s.Output)
	if name == "" {
		name = path.Clean(withExe(usualName(s.project), catalog.Current()))
	}
	return product{dir: s.sourceDir(), candidates: []string{name}}
}
