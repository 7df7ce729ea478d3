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

// minGo is the oldest version of Go that the reference worker compiles with.
const MinVersion = "1.22"

// toolchain is a Go toolchain of this machine that is new enough.
type Toolchain struct {
	Path     string            // absolute path of the go command
	Version  string            // such as "go1.26.8"
	settings map[string]string // the user's, by variable, as `go env` tells them
}

// userSettings are what a build takes over of the user's configuration of Go: where its caches are, and where modules
// come from. What changes the code that is made, such as GOFLAGS, is not among them.
var userSettings = []string{
	"GOCACHE", "GOPATH", "GOMODCACHE",
	"GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "GOVCS", "GOAUTH",
}

// goVariables are for the go command, which then reports the resulting settings.
var Variables = slices.Concat(userSettings, []string{"GOROOT", "GOENV"})

// asTool is the go command at a path, or in PATH if that is empty. What is found out about it is put into t.
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
		// A go.mod or go.work that happens to be above the working folder is none of this question's business.
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
		return fmt.Errorf("read the answer of %s env: %w", path, err)
	}
	t.Version = goVersion(t.settings["GOVERSION"])
	if t.Version == "" || version.Compare(t.Version, "go"+MinVersion) < 0 {
		return fmt.Errorf("%s is too old: it is %q, and %s is needed", path, t.settings["GOVERSION"], MinVersion)
	}
	return nil
}

// goVersion finds the version in what GOVERSION holds, such as "go1.26.8 X:nodwarf5" or "devel go1.27-1a2b3c4"; empty
// where there is none.
func goVersion(text string) string {
	for _, field := range strings.Fields(text) {
		if version.IsValid(field) {
			return field
		}
	}
	return ""
}

// environment is the go command's. GOENV=off and what follows it keep out what the user has configured for other
// builds. GOTOOLCHAIN=local keeps the go command from downloading another.
func (t *Toolchain) Environment(cacheDir string) (env, flags []string) {
	env = toolrun.Inherited(toolrun.SystemVariables, toolrun.GitVariables, []string{"GOROOT"})
	for _, name := range userSettings {
		if value := t.settings[name]; value != "" {
			env = append(env, name+"="+value)
		}
	}
	env = append(env, "GOENV=off", "GOFLAGS=", "GOWORK=off", "GO111MODULE=on", "GOTOOLCHAIN=local")
	env = append(env, toolrun.NoPrompts...) // git may be what fetches a module
	caches, flags := t.cacheSettings(cacheDir)
	return append(env, caches...), flags
}

// cacheSettings tells where Go keeps its caches: where the user has them, or below dir where there are none or they
// can't be written to. It adds the flag that lets the module cache below dir be deleted.
func (t *Toolchain) cacheSettings(dir string) (env, flags []string) {
	cache := t.settings["GOCACHE"]
	if !toolrun.IsWritable(cache) {
		cache = filepath.Join(dir, "go-build")
	}
	path, modules := t.settings["GOPATH"], t.settings["GOMODCACHE"]
	if !toolrun.IsWritable(filepath.Join(path, "pkg")) { // where it notes what the checksum database said
		path = filepath.Join(dir, "go")
	}
	if !toolrun.IsWritable(modules) {
		modules = filepath.Join(dir, "go", "pkg", "mod")
		flags = []string{"-modcacherw"}
	}
	return []string{"GOCACHE=" + cache, "GOPATH=" + path, "GOMODCACHE=" + modules}, flags
}
