package localbuild

import (
	"slices"

	"github.com/rbee-keeper/provision/provisioner"
)

// The values of the option source.
const (
	sourceEmbedded = "embedded"
	sourceDir      = "dir"
	sourceGit      = "git"
	sourceModule   = "go_module"
)

// The values of the option builder.
const (
	builderGo      = "go"
	builderCargo   = "cargo"
	builderCMake   = "cmake"
	builderMake    = "make"
	builderCommand = "command"
)

// key is a key of a source's `with:`, and which sources and builders it is for; none listed is all.
type key struct {
	provisioner.Option
	sources, builders []string
}

var fromFolders = []string{sourceDir, sourceGit}

// keys are the keys of a source's `with:`.
var keys = []key{
	{Option: option("source", provisioner.StringOption,
		"embedded: the reference worker; dir: a folder; git: a repository's tags; "+
			"go_module: a Go module's versions", required, identity, oneOf(sourceEmbedded, sourceDir, sourceGit, sourceModule))},
	{Option: option("dir", provisioner.StringOption, "absolute path of the folder; for source dir", identity),
		sources: []string{sourceDir}},
	{Option: option("url", provisioner.StringOption,
		"address or absolute path of the repository, without credentials; for source git",
		identity), sources: []string{sourceGit}},
	{Option: option("ref", provisioner.StringOption,
		"branch, tag or commit to build in place of the newest tag; for source git",
		identity), sources: []string{sourceGit}},
	{Option: option("tag", provisioner.PatternOption,
		"pattern of a whole tag; its group version is the version; default: "+defaultTag,
		identity), sources: fromFolders},
	{Option: option("prereleases", provisioner.BoolOption, "true takes tags and versions that are prereleases too"),
		sources: []string{sourceGit, sourceModule}},
	{Option: option("module", provisioner.StringOption, "path of the module; for source go_module", identity),
		sources: []string{sourceModule}},
	{Option: option("package", provisioner.StringOption,
		"path within the source of what to build: a main package, a crate, a folder with a CMakeLists.txt or Makefile; "+
			"default: its top",
		identity), sources: []string{sourceDir, sourceGit, sourceModule}},
	{Option: option("version", provisioner.StringOption,
		"version of what dir or ref holds; default: from git, else "+unknownVersion),
		sources: fromFolders},
	{Option: option("version_file", provisioner.StringOption,
		"file within dir that holds the version, such as VERSION or Cargo.toml"),
		sources: []string{sourceDir}},
	{Option: option("version_pattern", provisioner.PatternOption,
		"where in version_file; its group version is the version"),
		sources: []string{sourceDir}},
	{Option: option("version_command", provisioner.StringOption,
		"command line, run in dir, that prints the version; see commands"),
		sources: []string{sourceDir}},
	{Option: option("builder", provisioner.StringOption, "what builds it; default: go", identity,
		oneOf(builderGo, builderCargo, builderCMake, builderMake, builderCommand)), sources: fromFolders},
	{Option: option("go", provisioner.StringOption, "absolute path of the go executable; default: the one in PATH"),
		builders: []string{builderGo}},
	{Option: option("cgo", provisioner.BoolOption, "true lets Go code call C, which needs a C compiler", identity),
		sources: []string{sourceDir, sourceGit, sourceModule}, builders: []string{builderGo}},
	{Option: option("build_tags", provisioner.StringsOption, "Go's build tags", identity),
		sources: []string{sourceDir, sourceGit, sourceModule}, builders: []string{builderGo}},
	{Option: option("bin", provisioner.StringOption, "name of the crate's binary; default: the only one", identity),
		builders: []string{builderCargo}},
	{Option: option("features", provisioner.StringsOption, "the crate's features", identity),
		builders: []string{builderCargo}},
	{Option: option("profile", provisioner.StringOption, "cargo's profile; default: release", identity),
		builders: []string{builderCargo}},
	{Option: option("defines", provisioner.MapOption, "CMake's cache variables; CMAKE_BUILD_TYPE is Release unless told",
		identity),
		builders: []string{builderCMake}},
	{Option: option("targets", provisioner.StringsOption, "targets to build; default: the project's own default",
		identity),
		builders: []string{builderCMake, builderMake}},
	{Option: option("variables", provisioner.MapOption, "make's variables", identity), builders: []string{builderMake}},
	{Option: option("commands", provisioner.StringsOption,
		"command lines, each a program and its arguments, split by a shell's quoting rules; no shell runs them", identity),
		builders: []string{builderCommand}},
	{Option: option("output", provisioner.StringOption,
		"path of the executable, from CMake's build folder or the package's folder; default: where the target, else "+
			"`binary`, usually is",
		identity), builders: []string{builderCMake, builderMake, builderCommand}},
	{Option: option("env", provisioner.MapOption,
		"environment variables of the build; they are recorded, so put no secret there", identity),
		sources: []string{sourceDir, sourceGit, sourceModule}},
	{Option: option("tools", provisioner.MapOption,
		"further programs that the build needs, each with its oldest version, or \"\" for any"),
		sources: fromFolders},
	{Option: option("jobs", provisioner.IntOption, "how many compilers may run at once; default: one for each processor")},
	{Option: option("timeout", provisioner.StringOption, "how long the build may take, such as 90m; default: 60m")},
}

// settings are the keys of the vendor's `config:`.
var settings = []provisioner.Option{
	{Name: "env", Kind: provisioner.StringsOption, NamesEnv: true,
		Help: "environment variables that builds get of the host's; their values are not recorded"},
}

func option(name string, kind provisioner.OptionKind, help string,
	more ...func(*provisioner.Option)) provisioner.Option {
	o := provisioner.Option{Name: name, Kind: kind, Help: help}
	for _, set := range more {
		set(&o)
	}
	return o
}

func required(o *provisioner.Option) { o.Required = true }
func identity(o *provisioner.Option) { o.Identity = true }

func oneOf(values ...string) func(*provisioner.Option) {
	return func(o *provisioner.Option) { o.Values = values }
}

// misplaced tells why a key is not for this source and builder; empty if it is.
func (k key) misplaced(source, builder string) string {
	switch {
	case k.sources != nil && !slices.Contains(k.sources, source):
		return k.Name + " is not for source " + source
	case k.builders != nil && !slices.Contains(k.builders, builder):
		return k.Name + " is not for builder " + builder
	default:
		return ""
	}
}
