package localbuild

import (
	"encoding/json"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

const defaultTimeout = time.Hour

// options are the values of a source's `with:`. Which source and builder takes which key is registered; see keys.
type options struct {
	Source         string            `json:"source"`
	Dir            string            `json:"dir"`
	URL            string            `json:"url"`
	Ref            string            `json:"ref"`
	Tag            string            `json:"tag"`
	Prereleases    bool              `json:"prereleases"`
	Module         string            `json:"module"`
	Package        string            `json:"package"`
	Version        string            `json:"version"`
	VersionFile    string            `json:"version_file"`
	VersionPattern string            `json:"version_pattern"`
	VersionCommand string            `json:"version_command"`
	Builder        string            `json:"builder"`
	Go             string            `json:"go"`
	Cgo            bool              `json:"cgo"`
	BuildTags      []string          `json:"build_tags"`
	Bin            string            `json:"bin"`
	Features       []string          `json:"features"`
	Profile        string            `json:"profile"`
	Defines        map[string]string `json:"defines"`
	Targets        []string          `json:"targets"`
	Variables      map[string]string `json:"variables"`
	Commands       []string          `json:"commands"`
	Output         string            `json:"output"`
	Env            map[string]string `json:"env"`
	Tools          map[string]string `json:"tools"`
	Jobs           int               `json:"jobs"`
	Timeout        string            `json:"timeout"`

	passEnv []string      // of the vendor's `config:`
	timeout time.Duration // parsed
}

// readOptions reads and checks the options of q. Its errors are of kind InvalidConfig.
func readOptions(q provisioner.Query) (options, error) {
	var config struct {
		Env []string `json:"env"`
	}
	if err := q.DecodeConfig(&config); err != nil {
		return options{}, err
	}
	o := options{passEnv: config.Env, timeout: defaultTimeout}
	if err := q.DecodeWith(&o); err != nil {
		return options{}, err
	}
	if o.Builder == "" {
		o.Builder = builderGo
	}
	for _, check := range []func() error{
		func() error { return o.checkPlaces(q) }, o.checkPaths, o.checkNames, o.checkNumbers,
	} {
		if err := check(); err != nil {
			return options{}, err
		}
	}
	return o, nil
}

func invalid(format string, args ...any) *provisioner.Error {
	return provisioner.Errorf(provisioner.InvalidConfig, format, args...)
}

// checkPlaces refuses keys that the source or the builder would ignore.
func (o *options) checkPlaces(q provisioner.Query) error {
	if _, err := findSource(o.Source); err != nil {
		return err
	}
	if _, err := findBuilder(o.Builder); err != nil {
		return err
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(q.With, &given); err != nil {
		return invalid("read `with`: %w", err)
	}
	for _, k := range keys() {
		if _, ok := given[k.Name]; !ok {
			continue
		}
		if err := k.check(o.Source, o.Builder); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) checkPaths() error {
	for name, value := range map[string]string{"package": o.Package, "output": o.Output, "version_file": o.VersionFile} {
		if value != "" && (!filepath.IsLocal(filepath.FromSlash(value)) || strings.Contains(value, "...")) {
			return invalid("%s is %q: give one path within the source", name, value)
		}
	}
	o.Package = path.Clean(filepath.ToSlash(o.Package))
	return nil
}

var variableName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_.:-]*$`)

// checkNames ensures that a value cannot become a flag or a second variable.
func (o *options) checkNames() error {
	for what, names := range map[string][]string{
		"targets": o.Targets, "features": o.Features, "build_tags": o.BuildTags, "bin": {o.Bin}, "profile": {o.Profile},
	} {
		for _, name := range names {
			if strings.HasPrefix(name, "-") || strings.ContainsAny(name, "\x00\r\n") {
				return invalid("%s: %q is not a valid name", what, name)
			}
		}
	}
	for what, values := range map[string]map[string]string{"env": o.Env, "variables": o.Variables, "defines": o.Defines} {
		for name, value := range values {
			if !variableName().MatchString(name) || strings.ContainsRune(value, 0) {
				return invalid("%s: %q is not a valid name of a variable", what, name)
			}
		}
	}
	if _, ok := o.Env["TMPDIR"]; ok {
		return invalid("env: TMPDIR is set by the build")
	}
	for name := range o.Tools {
		if name == "" || strings.ContainsAny(name, `/\`) {
			return invalid("tools: %q is not a valid name of a program", name)
		}
	}
	return nil
}

func (o *options) checkNumbers() error {
	const most = 4096
	if o.Jobs < 0 || o.Jobs > most {
		return invalid("jobs is %d: give a number up to %d", o.Jobs, most)
	}
	if o.Timeout == "" {
		return nil
	}
	d, err := time.ParseDuration(o.Timeout)
	if err != nil || d <= 0 {
		return invalid("timeout is %q: give a time such as 90m", o.Timeout)
	}
	o.timeout = d
	return nil
}
