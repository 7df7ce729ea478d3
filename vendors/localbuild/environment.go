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

// variables are the names of all environment variables that this vendor uses, without those that the configuration
// names.
func variables() []string {
	return slices.Concat(toolrun.SystemVariables, gotool.Variables, toolrun.GitVariables, toolrun.CompilerVariables)
}

// compilerEnv is the environment of builders other than Go.
func (p *project) compilerEnv() []string {
	return append(toolrun.Inherited(toolrun.SystemVariables, toolrun.CompilerVariables), p.configuredEnv()...)
}

// configuredEnv holds the variables that the configuration sets, and those that it passes on.
func (p *project) configuredEnv() []string {
	return append(toolrun.Inherited(p.passEnv), toolrun.Assignments(p.Env)...)
}

// minSecret is the length in bytes from which a value may be a secret. Shorter values are settings, which occur in any
// text.
const minSecret = 8

// hideSecrets returns a function that replaces the values of passed-on variables in a text: they may be secrets, and a
// build prints anything. Paths are kept.
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

// variables are set last in the environment of each step.
func (b *build) variables() []string {
	return slices.Concat(
		[]string{"SOURCE_DATE_EPOCH=" + strconv.FormatInt(b.checkout.epoch, 10)}, b.configuredEnv(),
		[]string{b.envTag(), "TMP=" + b.scratch(), "TEMP=" + b.scratch()})
}

// recordEnvironment records the variables that change the output. Of those passed on by name it records no value.
func (b *build) recordEnvironment() {
	var known []string
	if b.builder.usesCompiler() {
		known = toolrun.Inherited(toolrun.CompilerVariables)
	}
	if known = append(known, toolrun.Assignments(b.Env)...); len(known) > 0 {
		b.details["environment"] = strings.Join(known, "\n")
	}
	if len(b.passEnv) > 0 {
		b.details["environment_names"] = strings.Join(b.passEnv, " ")
	}
}
