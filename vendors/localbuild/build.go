package localbuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// What a build makes in the request's folder, beside the executable.
const (
	sourceFolder  = "src" // the embedded source
	scratchFolder = "tmp" // the go command's; gone when the build has ended
	logName       = "build.log"
)

// build is one run of `go build`.
type build struct {
	project
	tool toolchain
	req  provisioner.FetchRequest
}

func (b *build) run(ctx context.Context) (provisioner.Fetched, error) {
	name, err := b.binary()
	if err != nil {
		return provisioner.Fetched{}, err
	}
	details, err := b.prepare(name)
	if err != nil {
		return provisioner.Fetched{}, provisioner.Errorf(provisioner.Other, "prepare build: %w", err)
	}
	scratch := b.path(scratchFolder)
	defer os.RemoveAll(scratch)
	caches, cacheFlags := b.tool.cacheSettings(b.cacheDir())
	flags := b.flags()
	details["flags"] = strings.Join(flags, " ")

	// A folder as -o makes the go command refuse a package that is no main one.
	out := filepath.Join(scratch, "out")
	args := append([]string{"build"}, flags...)
	args = append(append(args, cacheFlags...), "-v", "-o", out+string(filepath.Separator), b.pkg)
	if err := b.compile(ctx, append(b.environment(), caches...), args); err != nil {
		return provisioner.Fetched{}, err
	}
	if err := takeOut(out, b.path(name)); err != nil {
		return provisioner.Fetched{}, provisioner.Errorf(provisioner.BuildFailed, "take the executable of %s: %w", b.pkg, err)
	}
	return provisioner.Fetched{Files: []string{name}, Details: details}, nil
}

// takeOut moves the one file in dir to path.
func takeOut(dir, path string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) != 1 {
		return fmt.Errorf("go build made %d files", len(entries))
	}
	info, err := entries[0].Info()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return fmt.Errorf("%s is not a file with something in it", info.Name())
	}
	return os.Rename(filepath.Join(dir, info.Name()), path)
}

// binary is the base name of the file to make.
func (b *build) binary() (string, error) {
	q := b.req.Query
	name := q.Binary
	if name == "" {
		name = q.Type.BinaryName()
	}
	if !filepath.IsLocal(name) || name == "." || strings.ContainsAny(name, `/\`) {
		return "", invalid("binary is %q: give a file name", name)
	}
	if q.Platform == catalog.Windows && !strings.HasSuffix(name, ".exe") {
		name += ".exe"
	}
	return name, nil
}

// prepare clears away what an earlier, interrupted build left behind, writes the embedded source, and tells where the source
// is from.
func (b *build) prepare(name string) (details map[string]string, err error) {
	for _, old := range []string{name, scratchFolder} {
		if err := os.RemoveAll(b.path(old)); err != nil {
			return nil, err
		}
	}
	if err := os.Mkdir(b.path(scratchFolder), 0o755); err != nil {
		return nil, err
	}
	details = map[string]string{"go": b.tool.version, "source": b.source, "package": b.pkg}
	if b.source == sourceDir {
		details["dir"] = b.dir
		return details, nil
	}
	b.req.Report(provisioner.Progress{Phase: provisioner.Building,
		Message: "building the reference worker, which speaks the worker contract and runs no model"})
	b.dir = b.path(sourceFolder)
	digest, err := writeReference(b.dir)
	details["source_digest"] = digest.String()
	return details, err
}

func (b *build) path(name string) string { return filepath.Join(b.req.Dir, name) }

// cacheDir is where Go's caches go on a machine where the user has no place for them.
func (b *build) cacheDir() string {
	if b.req.Query.CacheDir != "" {
		return b.req.Query.CacheDir
	}
	return b.req.Dir
}

// flags make the output the same in whatever folder it is built: without its path, without a repository's state.
func (b *build) flags() []string {
	return []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w -X main.version=" + b.version.String()}
}

// environment is the go command's, but for its caches. GOENV=off and what follows it keep out what the user has configured
// for other builds. GOTOOLCHAIN=local keeps the go command from downloading another.
func (b *build) environment() []string {
	env := inherited()
	for _, name := range userSettings {
		if value := b.tool.settings[name]; value != "" {
			env = append(env, name+"="+value)
		}
	}
	env = append(env,
		"GOENV=off", "GOFLAGS=", "GOWORK=off", "GO111MODULE=on", "GOTOOLCHAIN=local", "CGO_ENABLED=0",
		"GOOS="+b.req.Query.Platform.GOOS(), "GOARCH="+b.req.Query.Arch.String(), "GOTMPDIR="+b.path(scratchFolder))
	if b.source == sourceEmbedded {
		env = append(env, "GOPROXY=off") // it requires no module
	}
	return env
}

// compile runs the go command, and tells of a failure with the last of what that printed.
func (b *build) compile(ctx context.Context, env, args []string) error {
	log, err := os.Create(b.path(logName))
	if err != nil {
		return provisioner.Errorf(provisioner.Other, "make build log: %w", err)
	}
	out := &output{log: log, tell: b.req.Report}
	err = b.tool.run(ctx, b.dir, env, out, out, args...)
	out.endLine()
	if closeErr := log.Close(); err == nil && closeErr != nil {
		return provisioner.Errorf(provisioner.Other, "write build log: %w", closeErr)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return cancelled(ctx)
	}
	if _, ended := errors.AsType[*exec.ExitError](err); !ended {
		return provisioner.Errorf(provisioner.BuildFailed, "run go build: %w", err)
	}
	return provisioner.Errorf(provisioner.BuildFailed, "go build: %w\n%s", err, strings.Join(out.tail, "\n"))
}
