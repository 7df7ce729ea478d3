package localbuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// minGo is the oldest version of Go that the reference worker compiles with.
const minGo = "1.22"

// waitDelay is how long the go command has, once its context is done, to see its compilers out.
const waitDelay = 5 * time.Second

// toolchain is a Go toolchain of this machine that is new enough.
type toolchain struct {
	path     string            // absolute path of the go command
	version  string            // such as "go1.26.8"
	settings map[string]string // the user's, by variable, as `go env` tells them
}

// userSettings are what a build takes over of the user's configuration of Go: where its caches are, and where modules come
// from. What changes the code that is made, such as GOFLAGS, is not among them.
var userSettings = []string{
	"GOCACHE", "GOPATH", "GOMODCACHE",
	"GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "GOVCS", "GOAUTH",
}

// findToolchain looks for the go command at path, or in PATH if that is empty. Its errors are of kind MissingTool, but for a
// context that is done.
func findToolchain(ctx context.Context, path string) (toolchain, error) {
	if path == "" {
		path = "go"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return toolchain{}, missing("find the Go toolchain: %w", err)
	}
	t := toolchain{path: found}
	out, complaint := &limitedBuffer{max: 64 << 10}, &limitedBuffer{max: 64 << 10}
	args := append([]string{"env", "-json", "GOVERSION"}, userSettings...)
	// A go.mod or go.work that happens to be above the working folder is none of this question's business.
	if err := t.run(ctx, "", append(inherited(), "GOTOOLCHAIN=local", "GOWORK=off"), out, complaint, args...); err != nil {
		if ctx.Err() != nil {
			return toolchain{}, cancelled(ctx)
		}
		if said := printable(complaint.String()); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return toolchain{}, missing("run %s env: %w", found, err)
	}
	if err := json.Unmarshal(out.Bytes(), &t.settings); err != nil {
		return toolchain{}, missing("read the answer of %s env: %w", found, err)
	}
	t.version = goVersion(t.settings["GOVERSION"])
	if t.version == "" || version.Compare(t.version, "go"+minGo) < 0 {
		return toolchain{}, missing("the Go toolchain at %s is too old: it is %q", found, t.settings["GOVERSION"])
	}
	return t, nil
}

// goVersion finds the version in what GOVERSION holds, such as "go1.26.8 X:nodwarf5" or "devel go1.27-1a2b3c4"; empty where
// there is none.
func goVersion(text string) string {
	for _, field := range strings.Fields(text) {
		if version.IsValid(field) {
			return field
		}
	}
	return ""
}

// run runs the go command in dir, with env as its whole environment. It returns when the command and, as far as the platform
// allows, all that it started has ended. Where stdout and stderr are the same, one goroutine writes to it.
func (t toolchain) run(ctx context.Context, dir string, env []string, stdout, stderr io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = waitDelay
	confine(cmd)
	return cmd.Run()
}

// cacheSettings tells where Go keeps its caches: where the user has them, or below dir where there is no home or it can't be
// written to. It adds the flag that lets the module cache below dir be deleted.
func (t toolchain) cacheSettings(dir string) (env, flags []string) {
	cache := t.settings["GOCACHE"]
	if !isWritable(cache) {
		cache = filepath.Join(dir, "go-build")
	}
	path, modules := t.settings["GOPATH"], t.settings["GOMODCACHE"]
	if !filepath.IsAbs(modules) {
		path, modules = filepath.Join(dir, "go"), filepath.Join(dir, "go", "pkg", "mod")
		flags = []string{"-modcacherw"}
	}
	return []string{"GOCACHE=" + cache, "GOPATH=" + path, "GOMODCACHE=" + modules}, flags
}

func missing(format string, args ...any) *provisioner.Error {
	return provisioner.Errorf(provisioner.MissingTool, format, args...).
		WithHint("install Go %s or newer from https://go.dev/dl and put it in PATH", minGo)
}

func cancelled(ctx context.Context) *provisioner.Error {
	return provisioner.Errorf(provisioner.Cancelled, "build stopped: %w", ctx.Err())
}

// limitedBuffer refuses more than max bytes.
type limitedBuffer struct {
	bytes.Buffer
	max int
}

// Write implements io.Writer.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.max {
		return 0, errors.New("the output is too long")
	}
	return b.Buffer.Write(p)
}
