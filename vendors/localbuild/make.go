package localbuild

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// builderMake is the value of the option builder for make.
const builderMake = "make"

func init() {
	registerBuilder(builderKind{
		name: builderMake,
		options: []key{
			{Option: option("variables", provisioner.MapOption, "make's variables", identity)},
			targetsKey, outputKey,
		},
		markers:    []string{"Makefile", "makefile", "GNUmakefile"},
		programs:   []string{"make"},
		outputHint: outputHint,
		open:       func(p *project) (builder, error) { return makeBuilder{compiledBuilder{p}}, nil },
	})
}

// makeBuilder builds with GNU make.
type makeBuilder struct{ compiledBuilder }

var _ builder = makeBuilder{}

func (makeBuilder) tools() []toolrun.Tool {
	return []toolrun.Tool{{Name: "make", Min: "3.81", Install: "GNU make 3.81 or newer"}}
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
