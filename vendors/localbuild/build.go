package localbuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/buildlog"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/workspace"
)

// Folders that a build makes in the request's folder, beside the executable, or in its workspace.
const (
	scratchFolder = "tmp" // gone when the build has ended
	sourceFolder  = "src" // the source, where it is not built in place
)

// build is one running build: a project, the request for it, and what is known so far.
type build struct {
	*project
	req      provisioner.FetchRequest
	name     string // of the executable to bring
	out      *buildlog.Output
	workDir  string // the folder that is kept for the next build; empty where nothing is
	checkout checkout
	details  map[string]string
}

func newBuild(p *project, req provisioner.FetchRequest) (*build, error) {
	name := withExe(executableName(p.query), p.query.Platform)
	if !filepath.IsLocal(name) || name == "." || strings.ContainsAny(name, `/\`) {
		return nil, invalid("binary is %q: give a file name", name)
	}
	return &build{project: p, req: req, name: name, details: map[string]string{}}, nil
}

// fetch builds the executable. On return only the executable, the log and the workspace are left.
func (b *build) fetch(ctx context.Context) (provisioner.Fetched, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, b.timeout,
		provisioner.Errorf(provisioner.BuildFailed, "the build did not end within %s", b.timeout).
			WithHint("raise `timeout`, or check what it waits for"))
	defer cancel()
	log, err := buildlog.New(b.cacheDir(), b.req.Release.Version.String())
	if err != nil {
		return provisioner.Fetched{}, failure.Wrap(provisioner.Other, "make build log", err)
	}
	b.out = &buildlog.Output{Log: log, Report: b.req.Report, Hide: b.hideSecrets()}
	defer b.out.KeepAlive(buildlog.AliveInterval)()
	err = b.makeExecutable(ctx)
	_ = os.RemoveAll(b.scratch())
	if err != nil {
		b.out.Logf("%v", err)
	}
	if closeErr := log.Close(); err == nil && closeErr != nil {
		err = failure.Wrap(provisioner.Other, "write build log", closeErr)
	}
	if err != nil {
		_ = os.Remove(b.path(b.name))
		return provisioner.Fetched{}, withLogPath(log.Path(), err)
	}
	return provisioner.Fetched{Files: []string{b.name}, Details: b.details}, nil
}

// withLogPath adds the path of the log to the hint of an error. A cancelled build gets none.
func withLogPath(log string, err error) error {
	e, ok := errors.AsType[*provisioner.Error](err)
	if !ok {
		e = provisioner.Errorf(provisioner.Other, "%w", err)
	}
	if e.Kind == provisioner.Cancelled {
		return e
	}
	where := "the whole output is in " + log
	if e.Hint != "" {
		where = e.Hint + "; " + where
	}
	return e.WithHint("%s", where)
}

// makeExecutable prepares the source, runs all steps and copies the executable.
func (b *build) makeExecutable(ctx context.Context) (err error) {
	if err := b.removeLeftovers(); err != nil {
		return failure.Wrap(provisioner.Other, "prepare build", err)
	}
	if b.Source == sourceGit || b.builder.writesSource() {
		w, openErr := workspace.Open(ctx, b.cacheDir(), b.key(),
			func() { b.out.Printf("waiting for another build of the same project") })
		if openErr != nil {
			return openErr
		}
		defer func() {
			_, isFull := errors.AsType[*failure.DiskFullError](err)
			w.Close(b.query.CacheDir != "" && !isFull) // what filled the disk must not go on filling it
		}()
		b.workDir = w.Dir
	}
	if err := b.prepareSource(ctx); err != nil {
		return err
	}
	b.recordInputs()
	for _, step := range b.steps() {
		if err := b.runStep(ctx, step); err != nil {
			return err
		}
	}
	if b.checkout.verify != nil {
		if err := b.checkout.verify(ctx); err != nil {
			return err
		}
	}
	return b.takeExecutable(b.builder.product(b))
}

// removeLeftovers removes the files of an earlier, interrupted build from the request's folder.
func (b *build) removeLeftovers() error {
	for _, old := range []string{b.path(b.name), b.scratch()} {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
	}
	return os.MkdirAll(b.outFolder(), 0o755)
}

func (b *build) steps() []step { return b.builder.steps(b) }

// runStep runs one step and logs everything that it prints.
func (b *build) runStep(ctx context.Context, step step) error {
	b.out.Logf("$ %s", strings.Join(step.args, " "))
	b.out.ExpectPackages(step.packages)
	c := toolrun.Command{Args: step.args, Dir: step.dir, Env: step.env, Stdout: b.out, Stderr: b.out, EnvTag: b.envTag()}
	if step.stdout != nil {
		c.Stdout = step.stdout
	}
	err := c.Run(ctx)
	if flushErr := b.out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return stepError(ctx, step, err, b.out)
	}
	return nil
}

// stepError returns the error of a step that failed with err, after it had printed to out.
func stepError(ctx context.Context, s step, err error, out *buildlog.Output) error {
	if stop := failure.Stopped(ctx); stop != nil {
		return stop
	}
	tail, isFull := out.Tail()
	if isFull || errors.Is(err, syscall.ENOSPC) {
		return failure.DiskFull(provisioner.BuildFailed, fmt.Errorf("%s: %w\n%s", s.name, err, tail))
	}
	kind := provisioner.BuildFailed
	if s.fetches {
		kind = failure.ClassifyStderr(tail, kind)
	}
	return provisioner.Errorf(kind, "%s: %w\n%s", s.name, err, tail)
}

func (b *build) path(name string) string { return filepath.Join(b.req.Dir, name) }

// scratch is the folder for temporary files. It is removed after the build. Its path is also the envTag.
func (b *build) scratch() string { return b.path(scratchFolder) }

// outFolder is a folder for the build's output, empty when the build starts.
func (b *build) outFolder() string { return filepath.Join(b.scratch(), "out") }

func (b *build) envTag() string { return "TMPDIR=" + b.scratch() }

// cacheDir holds what is kept after the build; it is the request's folder if the vendor has no cache.
func (b *build) cacheDir() string { return cacheFolder(b.query, b.req.Dir) }

func cacheFolder(q provisioner.Query, otherwise string) string {
	if q.CacheDir != "" {
		return q.CacheDir
	}
	return otherwise
}
