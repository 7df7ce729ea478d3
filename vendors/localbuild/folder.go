package localbuild

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/git"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/workspace"
)

// folder is a folder of the user's. It is never written to: Go builds it where it is, everything else in a copy.
type folder struct {
	dir     string    // absolute
	root    string    // of what a build reads: dir, or the folder above it that holds its Go module
	git     *git.Repo // nil where it is no git work tree
	version versionRule
}

var _ origin = (*folder)(nil)

func newFolder(p *project) (*folder, error) {
	dir := filepath.Clean(p.Dir)
	f := &folder{dir: dir, root: dir}
	if p.Builder == builderGo {
		if root, err := moduleRoot(dir); err == nil {
			f.root = root
		}
	}
	if isWorkTree(f.root) {
		f.git = &git.Repo{Dir: f.root}
	}
	var err error
	f.version, err = newVersionRule(p)
	return f, err
}

// isWorkTree reports whether dir is in a git work tree.
func isWorkTree(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

func (f *folder) tools() []toolrun.Tool {
	tools := f.version.tools()
	if f.git != nil { // it tells which files are source, and what version they are
		tools = append(tools, git.Tool)
	}
	return tools
}

// check finds the folder.
func (f *folder) check(p *project) error {
	for _, dir := range []string{f.dir, filepath.Join(f.dir, filepath.FromSlash(p.Package))} {
		info, err := os.Stat(dir)
		switch {
		case err != nil:
			return provisioner.Errorf(provisioner.BuildFailed, "find source: %w", err)
		case !info.IsDir():
			return provisioner.Errorf(provisioner.BuildFailed, "find source: %s is not a folder", dir)
		}
	}
	return p.builder.check(f.dir)
}

func (f *folder) releases(ctx context.Context, p *project) (r provisioner.Resolution, err error) {
	if err := f.check(p); err != nil {
		return r, err
	}
	version, err := f.version.find(ctx, p, f)
	if err != nil {
		return r, err
	}
	files, err := f.list(ctx, p)
	if err != nil {
		return r, err
	}
	sums, err := workspace.Fingerprint(ctx, f.root, files)
	if err != nil {
		return r, err
	}
	p.offer(&r, provisioner.Release{
		Version: version, Prerelease: version.IsPrerelease(), Integrity: catalog.Built, Ref: sourceDir,
		Revision: sums.Revision(),
	})
	r.Volatile = true
	return r, nil
}

// list lists the files of the source. A folder of which git ignores everything is not the work tree's: git tells
// nothing of it.
func (f *folder) list(ctx context.Context, p *project) ([]string, error) {
	if f.git == nil {
		return workspace.List(ctx, f.root)
	}
	f.git.Path = p.found["git"].Path
	files, err := f.git.Files(ctx)
	switch {
	case err == nil && len(files) == 0:
		return workspace.List(ctx, f.root)
	case len(files) > workspace.MaxFiles:
		return nil, workspace.TooManyFiles(f.root)
	}
	return files, err
}

func (f *folder) place(ctx context.Context, s *site) (tree, error) {
	if err := f.check(s.project); err != nil {
		return tree{}, err
	}
	version, err := f.version.find(ctx, s.project, f)
	if err != nil {
		return tree{}, err
	}
	if version.String() != s.req.Release.Version.String() {
		return tree{}, provisioner.Errorf(provisioner.NotFound, "release %s is not offered: there is %s",
			s.req.Release.Version, version)
	}
	files, err := f.list(ctx, s.project)
	if err != nil {
		return tree{}, err
	}
	t := tree{dir: f.dir, epoch: defaultEpoch, details: map[string]string{"dir": f.dir}}
	var sums workspace.Fingerprints
	if s.builder.writesSource() {
		t.dir = filepath.Join(s.work, sourceFolder)
		sums, err = workspace.Mirror(ctx, f.root, files, t.dir)
	} else {
		sums, err = workspace.Fingerprint(ctx, f.root, files)
		t.verify = func(ctx context.Context) error { return f.verify(ctx, s.project, sums) }
	}
	if err != nil {
		return tree{}, err
	}
	f.describe(ctx, &t)
	if t.revision = sums.Revision(); t.revision != s.req.Release.Revision {
		s.out.Say("%s changed since it was looked at; what is there now is built", f.root)
	}
	return t, nil
}

// describe tells what commit a work tree is at.
func (f *folder) describe(ctx context.Context, t *tree) {
	if f.git == nil {
		return
	}
	if commit, at, err := f.git.Head(ctx); err == nil {
		t.details["commit"] = commit
		t.epoch = epochOf(at)
	}
}

// verify refuses what was built while the folder changed: nobody could tell what it was built from.
func (f *folder) verify(ctx context.Context, p *project, built workspace.Fingerprints) error {
	files, err := f.list(ctx, p)
	if err != nil {
		return err
	}
	now, err := workspace.Fingerprint(ctx, f.root, files)
	if err != nil {
		return err
	}
	if changed := built.FirstChange(now); changed != "" {
		return provisioner.Errorf(provisioner.BuildFailed, "%s changed while it was built", filepath.Join(f.root, changed)).
			WithHint("build again when it no longer changes")
	}
	return nil
}

// moduleRoot is the folder with the go.mod that dir belongs to.
func moduleRoot(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fs.ErrNotExist
		}
	}
}
