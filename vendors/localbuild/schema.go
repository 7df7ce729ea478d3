package localbuild

import (
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
)

// key is a key of a source's `with:`, and which sources and builders it is for; an empty list stands for all.
type key struct {
	provisioner.Option
	sources, builders []string
}

// sourceKind is the registration of a kind of source. Each kind has a file of its own that registers it.
type sourceKind struct {
	name    string // the value of the option source
	help    string // "the reference worker"
	options []key  // a key that several kinds list is for all of these
	open    func(p *project) (source, error)
}

// builderKind is the registration of a builder. Each builder has a file of its own that registers it.
type builderKind struct {
	name       string   // the value of the option builder
	options    []key    // a key that several builders list is for all of these
	markers    []string // a folder for this builder has one of these files; empty if it takes any folder
	programs   []string // that it may run; the sandbox lets a vendor run these
	outputHint string   // what the user can do if the executable is not found; empty if nothing
	open       func(p *project) (builder, error)
}

// The registered kinds, in the order of their files' names.
var (
	sourceKinds  []sourceKind
	builderKinds []builderKind
)

func registerSource(k sourceKind)   { sourceKinds = append(sourceKinds, k) }
func registerBuilder(k builderKind) { builderKinds = append(builderKinds, k) }

// findSource returns the kind with this name. Its error is of kind InvalidConfig and names those that exist.
func findSource(name string) (sourceKind, error) {
	var names []string
	for _, k := range sourceKinds {
		if k.name == name {
			return k, nil
		}
		names = append(names, k.name)
	}
	if name == "" {
		return sourceKind{}, invalid("source is missing: use %s", anyOf(names))
	}
	return sourceKind{}, invalid("source is %q: use %s", name, anyOf(names))
}

// findBuilder returns the kind with this name. Its error is of kind InvalidConfig and names those that exist.
func findBuilder(name string) (builderKind, error) {
	var names []string
	for _, k := range builderKinds {
		if k.name == name {
			return k, nil
		}
		names = append(names, k.name)
	}
	return builderKind{}, invalid("builder is %q: use %s", name, anyOf(names))
}

// anyOf joins names: "a, b or c".
func anyOf(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// Keys that several sources or builders share.
var (
	tagKey = key{Option: option("tag", provisioner.PatternOption,
		"pattern of a whole tag; its group version is the version; default: "+defaultTag, identity)}
	prereleasesKey = key{Option: option("prereleases", provisioner.BoolOption,
		"true takes tags and versions that are prereleases too")}
	packageKey = key{Option: option("package", provisioner.StringOption,
		"path within the source of what to build: a main package, a crate, a folder with a CMakeLists.txt or Makefile; "+
			"default: its top", identity)}
	versionKey = key{Option: option("version", provisioner.StringOption,
		"version of what dir or ref holds; default: from git, else "+unknownVersion)}
	envKey = key{Option: option("env", provisioner.MapOption,
		"environment variables of the build; they are recorded, so put no secret there", identity)}
	toolsKey = key{Option: option("tools", provisioner.MapOption,
		"further programs that the build needs, each with its oldest version, or \"\" for any")}
	targetsKey = key{Option: option("targets", provisioner.StringsOption,
		"targets to build; default: the project's own default", identity)}
	outputKey = key{Option: option("output", provisioner.StringOption,
		"path of the executable, from CMake's build folder or the package's folder; default: where the target, else "+
			"`binary`, usually is", identity)}
)

// builderKey is the key that chooses the builder.
func builderKey() key {
	var names []string
	for _, k := range builderKinds {
		names = append(names, k.name)
	}
	return key{Option: option("builder", provisioner.StringOption, "what builds it; default: "+builderGo, identity,
		oneOf(names...)), sources: []string{sourceDir, sourceGit}}
}

// sourceKey is the key that chooses the source.
func sourceKey() key {
	var names, help []string
	for _, k := range sourceKinds {
		names, help = append(names, k.name), append(help, k.name+": "+k.help)
	}
	return key{Option: option("source", provisioner.StringOption, strings.Join(help, "; "), required, identity,
		oneOf(names...))}
}

// keys are the keys of a source's `with:`: those of all sources and builders.
func keys() []key {
	all := []key{sourceKey(), builderKey(),
		{Option: option("jobs", provisioner.IntOption,
			"how many compilers may run at once; default: one for each processor")},
		{Option: option("timeout", provisioner.StringOption, "how long the build may take, such as 90m; default: 60m")}}
	add := func(k key) *key {
		i := slices.IndexFunc(all, func(known key) bool { return known.Name == k.Name })
		if i < 0 {
			i, all = len(all), append(all, k)
		}
		return &all[i]
	}
	for _, kind := range sourceKinds {
		for _, k := range kind.options {
			added := add(k)
			added.sources = append(added.sources, kind.name)
		}
	}
	for _, kind := range builderKinds {
		for _, k := range kind.options {
			added := add(k)
			added.builders = append(added.builders, kind.name)
		}
	}
	return all
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

// check returns an error of kind InvalidConfig unless the key is for this source and builder.
func (k key) check(source, builder string) error {
	switch {
	case k.sources != nil && !slices.Contains(k.sources, source):
		return invalid("%s is not for source %s", k.Name, source)
	case k.builders != nil && !slices.Contains(k.builders, builder):
		return invalid("%s is not for builder %s", k.Name, builder)
	default:
		return nil
	}
}
