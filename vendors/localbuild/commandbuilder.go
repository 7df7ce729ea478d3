package localbuild

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/mattn/go-shellwords"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// builderCommand is the value of the option builder for command lines.
const builderCommand = "command"

func init() {
	registerBuilder(builderKind{
		name: builderCommand,
		options: []key{
			{Option: option("commands", provisioner.StringsOption,
				"command lines, each a program and its arguments, split by a shell's quoting rules; no shell runs them",
				identity)},
			outputKey,
		},
		outputHint: outputHint,
		open:       newCommandBuilder,
	})
}

// commandBuilder runs the command lines of the configuration, one after another.
type commandBuilder struct {
	compiledBuilder
	lines [][]string
}

var _ builder = commandBuilder{}

func newCommandBuilder(p *project) (builder, error) {
	c := commandBuilder{compiledBuilder: compiledBuilder{p}}
	for _, line := range p.Commands {
		args, err := splitLine(line)
		if err != nil {
			return nil, invalid("commands: %w", err)
		}
		c.lines = append(c.lines, args)
	}
	if len(c.lines) == 0 {
		return nil, invalid("commands is missing: give the command lines that build it")
	}
	return c, nil
}

// splitLine splits a command line into a program and its arguments by a shell's quoting rules. It refuses what only a
// shell can do, for example a pipe.
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

// tools are the programs of the command lines, without those that are part of the source.
func (c commandBuilder) tools() []toolrun.Tool {
	var tools []toolrun.Tool
	for _, line := range c.lines {
		if isName(line[0]) {
			tools = append(tools, toolrun.Tool{Name: line[0]})
		} else if filepath.IsAbs(line[0]) {
			tools = append(tools, toolrun.Tool{Name: filepath.Base(line[0]), Path: line[0]})
		}
	}
	return tools
}

func isName(program string) bool { return !strings.ContainsAny(program, `/\`) }

// programPath is the path of a command line's program: a relative path with a separator starts at dir.
func programPath(program, dir string) string {
	if isName(program) || filepath.IsAbs(program) {
		return program
	}
	return filepath.Join(dir, filepath.FromSlash(program))
}

func (c commandBuilder) steps(b *build) []step {
	fill := b.placeholders()
	var steps []step
	for _, line := range c.lines {
		args := make([]string, 0, len(line))
		for _, arg := range line {
			args = append(args, fill.Replace(arg))
		}
		args[0] = programPath(args[0], b.sourceDir())
		steps = append(steps, step{name: line[0], args: args, dir: b.sourceDir(),
			env: append(b.compilerEnv(), b.variables()...)})
	}
	b.details["commands"] = strings.Join(c.Commands, "\n")
	return steps
}

// product may be a script: the user decides what the commands make.
func (c commandBuilder) product(b *build) product {
	p := namedProduct(b)
	p.scripts = true
	return p
}
