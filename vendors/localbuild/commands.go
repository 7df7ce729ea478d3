package localbuild

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/mattn/go-shellwords"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// commandBuilder runs command lines of the configuration's, one after another.
type commandBuilder struct {
	*project
	lines [][]string
}

var _ builder = commandBuilder{}

func newCommandBuilder(p *project) (commandBuilder, error) {
	b := commandBuilder{project: p}
	for _, line := range p.Commands {
		args, err := splitLine(line)
		if err != nil {
			return b, invalid("commands: %w", err)
		}
		b.lines = append(b.lines, args)
	}
	if len(b.lines) == 0 {
		return b, invalid("commands is missing: give the command lines that build it")
	}
	return b, nil
}

// splitLine splits a command line into a program and its arguments by a shell's rules of quoting. What only a shell
// could do, such as a pipe, is refused rather than passed on as a word.
func splitLine(line string) ([]string, error) {
	parser := shellwords.NewParser()
	parser.ParseEnv, parser.ParseBacktick, parser.ParseComment = false, false, false
	args, err := parser.Parse(line)
	switch {
	case err != nil:
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "the line %q can't be split: %w", line, err)
	case parser.Position >= 0:
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "in the line %q something is left to a shell; none is run",
			line)
	case len(args) == 0 || args[0] == "":
		return nil, errors.New("a line is empty")
	}
	return args, nil
}

// tools are the programs of the lines, but for those of the source itself.
func (b commandBuilder) tools() []toolrun.Tool {
	var tools []toolrun.Tool
	for _, line := range b.lines {
		if isName(line[0]) {
			tools = append(tools, toolrun.Tool{Name: line[0]})
		} else if filepath.IsAbs(line[0]) {
			tools = append(tools, toolrun.Tool{Name: filepath.Base(line[0]), Path: line[0]})
		}
	}
	return tools
}

func isName(program string) bool { return !strings.ContainsAny(program, `/\`) }

// programPath is where a line's program is: a path with a separator starts from the folder that is built.
func programPath(program, dir string) string {
	if isName(program) || filepath.IsAbs(program) {
		return program
	}
	return filepath.Join(dir, filepath.FromSlash(program))
}

func (commandBuilder) writesSource() bool { return true }

func (commandBuilder) check(string) error { return nil }

func (b commandBuilder) steps(s *site) []step {
	fill := s.placeholders()
	var steps []step
	for _, line := range b.lines {
		args := make([]string, 0, len(line))
		for _, arg := range line {
			args = append(args, fill.Replace(arg))
		}
		args[0] = programPath(args[0], s.sourceDir())
		steps = append(steps, step{name: line[0], args: args, dir: s.sourceDir(),
			env: append(s.plainEnvironment(), s.ownVariables()...)})
	}
	s.details["commands"] = strings.Join(b.Commands, "\n")
	return steps
}

// product may be a script: whoever gives the commands knows what they make.
func (b commandBuilder) product(s *site) product {
	p := namedProduct(s)
	p.scripts = true
	return p
}
