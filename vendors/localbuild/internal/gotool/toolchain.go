package gotool

import (
	"context"
	"encoding/json"
	"fmt"
	"go/version"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// MinVersion is the oldest supported version of Go; the reference worker compiles with it.
const MinVersion = "1.22"

// Toolchain is a Go toolchain of this machine. Use AsTool to find it; Path and Version are set then.
type Toolchain struct {
	Path     string            // absolute path of the go command
	Version  string            // such as "go1.26.8"
	settings map[string]string // the user's, by variable, from `go env`
}

// userSettings are the user's settings that a build uses: where caches are, and where modules come from. Settings that
// change the output, such as GOFLAGS, are not among them.
var userSettings = []string{
	"GOCACHE", "GOPATH", "GOMODCACHE",
	"GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "GOVCS", "GOAUTH",
}

// Variables are the environment variables that the go command gets to report its settings.
var Variables = slices.Concat(userSettings, []string{"GOROOT", "GOENV"})

// AsTool returns the go command at a path, or in PATH if it is "". Finding the tool fills t.
func (t *Toolchain) AsTool(path string) toolrun.Tool {
	return toolrun.Tool{Name: "go", Path: path, Install: "Go " + MinVersion + " or newer from https://go.dev/dl",
		Probe: func(ctx context.Context, found string) (string, error) {
			err := t.probe(ctx, found)
			return t.Version, err
		}}
}

func (t *Toolchain) probe(ctx context.Context, path string) error {
	t.Path = path
	out, complaint := &toolrun.Buffer{Max: 64 << 10}, &toolrun.Buffer{Max: 64 << 10}
	err := toolrun.Command{
		Args: append([]string{path, "env", "-json", "GOVERSION"}, userSettings...),
		// A go.mod or go.work above the working folder must not change the answer.
		Env:    append(toolrun.Inherited(toolrun.SystemVariables, Variables), "GOTOOLCHAIN=local", "GOWORK=off"),
		Stdout: out, Stderr: complaint,
	}.Run(ctx)
	if err != nil {
		if said := complaint.Text(); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return fmt.Errorf("run %s env: %w", path, err)
	}
	if err := json.Unmarshal(out.Bytes(), &t.settings); err != nil {
		return fmt.Errorf("decode the output of %s env: %w", path, err)
	}
	t.Version = goVersion(t.settings["GOVERSION"])
	if t.Version == "" || version.Compare(t.Version, "go"+MinVersion) < 0 {
		return fmt.Errorf("%s is too old: it is %q, and %s is needed", path, t.settings["GOVERSION"], MinVersion)
	}
	return nil
}

// goVersion finds the version in GOVERSION, for example in "go1.26.8 X:nodwarf5" or "devel go1.27-1a2b3c4", or returns
// "".
func goVersion(text string) string {
	for _, field := range strings.Fields(text) {
		if version.IsValid(field) {
			return field
		}
	}
	return ""
}

// Environment is the environment of the go command. GOENV=off and the next variables exclude the user's build settings.
// GOTOOLCHAIN=local prevents a download of another toolchain.
func (t *Toolchain) Environment(cacheDir string) (env, flags []string) {
	env = toolrun.Inherited(toolrun.SystemVariables, toolrun.GitVariables, []string{"GOROOT"})
	for _, name := range userSettings {
		if value := t.settings[name]; value != "" {
			env = append(env, name+"="+value)
		}
	}
	env = append(env, "GOENV=off", "GOFLAGS=", "GOWORK=off", "GO111MODULE=on", "GOTOOLCHAIN=local")
	env = append(env, toolrun.NoPrompts...) // git may fetch a module
	caches, flags := t.cacheSettings(cacheDir)
	return append(env, caches...), flags
}

// cacheSettings returns where Go's caches are: the user's, or below dir if there are none or they are not writable. A
// module cache below dir gets a flag that makes it removable.
func (t *Toolchain) cacheSettings(dir string) (env, flags []string) {
	cache := t.settings["GOCACHE"]
	if !toolrun.IsWritable(cache) {
		cache = filepath.Join(dir, "go-build")
	}
	path, modules := t.settings["GOPATH"], t.settings["GOMODCACHE"]
	if !toolrun.IsWritable(filepath.Join(path, "pkg")) { // it keeps answers of the checksum database there
		path = filepath.Join(dir, "go")
	}
	if !toolrun.IsWritable(modules) {
		modules = filepath.Join(dir, "go", "pkg", "mod")
		flags = []string{"-modcacherw"}
	}
	return []string{"GOCACHE=" + cache, "GOPATH=" + path, "GOMODCACHE=" + modules}, flags
}
