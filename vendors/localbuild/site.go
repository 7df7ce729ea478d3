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

// What a build makes in the request's folder, beside the executable, and in the folder that is kept for the next one.
const (
	scratchFolder = "tmp" // gone when the build has ended
	sourceFolder  = "src" // the source, where it is not built in place
)

// site is one build on its way.
type site struct {
	*project
	req     provisioner.FetchRequest
	name    string // of the executable to bring
	out     *buildlog.Output
	work    string // the folder that is kept for the next build; empty where nothing is
	tree    tree
	details map[string]string
}

func newSite(p *project, req provisioner.FetchRequest) (*site, error) {
	name := withExe(wanted(p.query), p.query.Platform)
	if !filepath.IsLocal(name) || name == "." || strings.ContainsAny(name, `/\`) {
		return nil, invalid("binary is %q: give a file name", name)
	}
	return &site{project: p, req: req, name: name, details: map[string]string{}}, nil
}

// fetch brings the executable. It leaves nothing else behind but the log and what makes the next build shorter.
func (s *site) fetch(ctx context.Context) (provisioner.Fetched, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout,
		provisioner.Errorf(provisioner.BuildFailed, "the build did not end within %s", s.timeout).
			WithHint("raise `timeout`, or see what it waits for"))
	defer cancel()
	log, err := buildlog.New(s.cacheDir(), s.req.Release.Version.String())
	if err != nil {
		return provisioner.Fetched{}, failure.Wrap(provisioner.Other, "make build log", err)
	}
	s.out = &buildlog.Output{Log: log, Report: s.req.Report, Hide: s.hideSecrets()}
	defer s.out.KeepAlive(buildlog.AliveInterval)()
	err = s.build(ctx)
	_ = os.RemoveAll(s.scratch())
	if err != nil {
		s.out.Note("%v", err)
	}
	if closeErr := log.Close(); err == nil && closeErr != nil {
		err = failure.Wrap(provisioner.Other, "write build log", closeErr)
	}
	if err != nil {
		_ = os.Remove(s.path(s.name))
		return provisioner.Fetched{}, pointingTo(log.Path(), err)
	}
	return provisioner.Fetched{Files: []string{s.name}, Details: s.details}, nil
}

// pointingTo adds to an error where the log is.
func pointingTo(log string, err error) error {
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

// build goes all the way from the source to the executable.
func (s *site) build(ctx context.Context) (err error) {
	if err := s.clear(); err != nil {
		return failure.Wrap(provisioner.Other, "prepare build", err)
	}
	if s.Source == sourceGit || s.builder.writesSource() {
		w, openErr := workspace.Open(ctx, s.cacheDir(), s.key(),
			func() { s.out.Say("waiting for another build of the same") })
		if openErr != nil {
			return openErr
		}
		defer func() {
			_, isFull := errors.AsType[*failure.DiskFullError](err)
			w.Close(s.query.CacheDir != "" && !isFull) // what filled the disk must not go on filling it
		}()
		s.work = w.Dir
	}
	if err := s.placeSource(ctx); err != nil {
		return err
	}
	s.recordInputs()
	for _, step := range s.steps() {
		if err := s.run(ctx, step); err != nil {
			return err
		}
	}
	if s.tree.verify != nil {
		if err := s.tree.verify(ctx); err != nil {
			return err
		}
	}
	return s.take(s.builder.product(s))
}

// clear removes what an earlier, interrupted build left in the request's folder.
func (s *site) clear() error {
	for _, old := range []string{s.path(s.name), s.scratch()} {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
	}
	return os.MkdirAll(s.outFolder(), 0o755)
}

func (s *site) steps() []step { return s.builder.steps(s) }

// run runs one step and writes down all that it prints.
func (s *site) run(ctx context.Context, step step) error {
	s.out.Note("$ %s", strings.Join(step.args, " "))
	s.out.ExpectPackages(step.packages)
	c := toolrun.Command{Args: step.args, Dir: step.dir, Env: step.env, Stdout: s.out, Stderr: s.out, EnvTag: s.mark()}
	if step.stdout != nil {
		c.Stdout = step.stdout
	}
	err := c.Run(ctx)
	if flushErr := s.out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return stepError(ctx, step, err, s.out)
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

func (s *site) path(name string) string { return filepath.Join(s.req.Dir, name) }

// scratch is the folder for temporary files, whose name also tells the build's processes from others.
func (s *site) scratch() string { return s.path(scratchFolder) }

// outFolder is a folder for what the build makes, empty at its beginning.
func (s *site) outFolder() string { return filepath.Join(s.scratch(), "out") }

func (s *site) mark() string { return "TMPDIR=" + s.scratch() }

// cacheDir is where is kept what outlives the build: in the request's folder where the vendor has none.
func (s *site) cacheDir() string { return cacheFolder(s.query, s.req.Dir) }

func cacheFolder(q provisioner.Query, otherwise string) string {
	if q.CacheDir != "" {
		return q.CacheDir
	}
	return otherwise
}
