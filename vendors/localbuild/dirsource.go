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

// sourceDir is the value of the option source for a folder.
const sourceDir = "dir"

func init() {
	registerSource(sourceKind{
		name: sourceDir,
		help: "a folder",
		options: []key{
			{Option: option("dir", provisioner.StringOption, "absolute path of the folder; for source dir", identity)},
			{Option: option("version_file", provisioner.StringOption,
				"file within dir that holds the version, such as VERSION or Cargo.toml")},
			{Option: option("version_pattern", provisioner.PatternOption,
				"where in version_file; its group version is the version")},
			{Option: option("version_command", provisioner.StringOption,
				"command line, run in dir, that prints the version; see commands")},
			tagKey, versionKey, packageKey, envKey, toolsKey,
		},
		open: newDirSource,
	})
}

// dirSource is a folder of the user. It is never written to: Go builds it in place, the other builders build a copy.
type dirSource struct {
	dir     string    // absolute
	root    string    // folder of what a build reads: dir, or the one above it with its go.mod
	git     *git.Repo // nil outside a git work tree
	version versionRule
}

var _ source = (*dirSource)(nil)

func newDirSource(p *project) (source, error) {
	dir := filepath.Clean(p.Dir)
	if !filepath.IsAbs(p.Dir) {
		return nil, invalid("dir is %q: give the absolute path of a folder", p.Dir)
	}
	f := &dirSource{dir: dir, root: p.builder.root(dir)}
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

func (f *dirSource) tools() []toolrun.Tool {
	tools := f.version.tools()
	if f.git != nil { // it lists the files and describes the version
		tools = append(tools, git.Tool)
	}
	return tools
}

// check returns an error unless the folder and the package in it exist and can be built.
func (f *dirSource) check(p *project) error {
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

func (f *dirSource) releases(ctx context.Context, p *project) (r provisioner.Resolution, err error) {
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

// list lists the files of the source: those that git lists, or all of them outside a work tree. If git ignores the
// whole folder, it counts as outside.
func (f *dirSource) list(ctx context.Context, p *project) ([]string, error) {
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

func (f *dirSource) materialize(ctx context.Context, b *build) (checkout, error) {
	if err := f.check(b.project); err != nil {
		return checkout{}, err
	}
	version, err := f.version.find(ctx, b.project, f)
	if err != nil {
		return checkout{}, err
	}
	if version.String() != b.req.Release.Version.String() {
		return checkout{}, provisioner.Errorf(provisioner.NotFound, "release %s is not offered: there is %s",
			b.req.Release.Version, version)
	}
	files, err := f.list(ctx, b.project)
	if err != nil {
		return checkout{}, err
	}
	t := checkout{dir: f.dir, epoch: defaultEpoch, details: map[string]string{"dir": f.dir}}
	var sums workspace.Fingerprints
	if b.builder.writesSource() {
		t.dir = filepath.Join(b.workDir, sourceFolder)
		sums, err = workspace.Mirror(ctx, f.root, files, t.dir)
	} else {
		sums, err = workspace.Fingerprint(ctx, f.root, files)
		t.verify = func(ctx context.Context) error { return f.verify(ctx, b.project, sums) }
	}
	if err != nil {
		return checkout{}, err
	}
	f.describe(ctx, &t)
	if t.revision = sums.Revision(); t.revision != b.req.Release.Revision {
		b.out.Printf("%s changed since it was resolved; its current state is built", f.root)
	}
	return t, nil
}

// describe adds the commit of a work tree to a checkout.
func (f *dirSource) describe(ctx context.Context, t *checkout) {
	if f.git == nil {
		return
	}
	if commit, at, err := f.git.Head(ctx); err == nil {
		t.details["commit"] = commit
		t.epoch = epochOf(at)
	}
}

// verify returns an error if a file changed during the build: nobody would know what was built.
func (f *dirSource) verify(ctx context.Context, p *project, built workspace.Fingerprints) error {
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

// moduleRoot is the folder with the go.mod for dir: dir or one above it.
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
