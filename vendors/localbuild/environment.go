package localbuild

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rbee-keeper/provision/vendors/localbuild/internal/gotool"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// variables are all that this vendor has a use for, without what the configuration names.
func variables() []string {
	return slices.Concat(toolrun.SystemVariables, gotool.Variables, toolrun.GitVariables, toolrun.CompilerVariables)
}

// plainEnvironment is for what is neither Go nor git.
func (p *project) plainEnvironment() []string {
	return append(toolrun.Inherited(toolrun.SystemVariables, toolrun.CompilerVariables), p.configured()...)
}

// configured are the variables that the configuration gives and hands on.
func (p *project) configured() []string {
	return append(toolrun.Inherited(p.passEnv), toolrun.Assignments(p.Env)...)
}

// minSecret is the length from which on, in bytes, a value may be a secret: shorter ones are settings, which are found
// in any text.
const minSecret = 8

// hideSecrets returns what takes out of a text the values of the variables that the configuration hands on: they may be
// secrets, and builds print what they please. A path is none.
func (p *project) hideSecrets() func(string) string {
	var pairs []string
	for _, name := range p.passEnv {
		for line := range strings.Lines(os.Getenv(name)) {
			if line = strings.TrimSpace(line); len(line) >= minSecret && !filepath.IsAbs(line) {
				pairs = append(pairs, line, "***")
			}
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// ownVariables are those that every step gets last.
func (s *site) ownVariables() []string {
	return slices.Concat(
		[]string{"SOURCE_DATE_EPOCH=" + strconv.FormatInt(s.tree.epoch, 10)}, s.configured(),
		[]string{s.mark(), "TMP=" + s.scratch(), "TEMP=" + s.scratch()})
}

// recordEnvironment notes the variables that change what is built: those handed on by name without their values.
func (s *site) recordEnvironment() {
	var known []string
	if s.Builder != builderGo || s.Cgo {
		known = toolrun.Inherited(toolrun.CompilerVariables)
	}
	if known = append(known, toolrun.Assignments(s.Env)...); len(known) > 0 {
		s.details["environment"] = strings.Join(known, "\n")
	}
	if len(s.passEnv) > 0 {
		s.details["environment_names"] = strings.Join(s.passEnv, " ")
	}
}
