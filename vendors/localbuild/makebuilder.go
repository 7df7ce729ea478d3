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

func (m makeBuilder) steps(b *build) []step {
	fill := b.placeholders()
	var flags []string
	for _, assignment := range toolrun.Assignments(m.Variables) {
		flags = append(flags, fill.Replace(assignment))
	}
	flags = append(flags, m.Targets...)
	b.details["flags"] = strings.Join(flags, " ")
	args := append([]string{b.found["make"].Path, "--jobs=" + m.jobsText()}, flags...)
	return []step{{name: "make", args: args, dir: b.sourceDir(), env: append(b.compilerEnv(), b.variables()...)}}
}

func (m makeBuilder) product(b *build) product { return namedProduct(b) }

// namedProduct is at `output` in the package's folder, or else at the usual name there.
func namedProduct(b *build) product {
	name := filepath.ToSlash(b.Output)
	if name == "" {
		name = path.Clean(withExe(defaultOutputName(b.project), catalog.Current()))
	}
	return product{dir: b.sourceDir(), candidates: []string{name}}
}
