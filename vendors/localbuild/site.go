package localbuild

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
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
	out     *output
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
	log, err := newLog(s.cacheDir(), s.req.Release.Version.String())
	if err != nil {
		return provisioner.Fetched{}, orFullDisk(provisioner.Other, "make build log", err)
	}
	s.out = &output{log: log, tell: s.req.Report, hide: s.hideSecrets()}
	defer s.out.keepAlive(aliveEvery)()
	err = s.build(ctx)
	_ = os.RemoveAll(s.scratch())
	if err != nil {
		s.out.note("%v", err)
	}
	if closeErr := log.close(); err == nil && closeErr != nil {
		err = orFullDisk(provisioner.Other, "write build log", closeErr)
	}
	if err != nil {
		_ = os.Remove(s.path(s.name))
		return provisioner.Fetched{}, pointingTo(log.path(), err)
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
		return orFullDisk(provisioner.Other, "prepare build", err)
	}
	if s.Source == sourceGit || s.builder.writesSource() {
		w, openErr := openWorkspace(ctx, s.cacheDir(), s.key(), func() { s.out.say("waiting for another build of the same") })
		if openErr != nil {
			return openErr
		}
		defer func() {
			_, isFull := errors.AsType[*diskFullError](err)
			w.close(s.query.CacheDir != "" && !isFull) // what filled the disk must not go on filling it
		}()
		s.work = w.dir
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
	s.out.note("$ %s", strings.Join(step.args, " "))
	s.out.expectPackages(step.packages)
	c := command{args: step.args, dir: step.dir, env: step.env, stdout: s.out, stderr: s.out, mark: s.mark()}
	if step.stdout != nil {
		c.stdout = step.stdout
	}
	err := c.run(ctx)
	if flushErr := s.out.flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return failedStep(ctx, step, err, s.out)
	}
	return nil
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
