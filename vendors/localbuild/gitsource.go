package localbuild

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/git"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// sourceGit is the value of the option source for a git repository.
const sourceGit = "git"

func init() {
	registerSource(sourceKind{
		name: sourceGit,
		help: "a repository's tags",
		options: []key{
			{Option: option("url", provisioner.StringOption,
				"address or absolute path of the repository, without credentials; for source git", identity)},
			{Option: option("ref", provisioner.StringOption,
				"branch, tag or commit to build in place of the newest tag; for source git", identity)},
			tagKey, prereleasesKey, versionKey, packageKey, envKey, toolsKey,
		},
		open: newGitSource,
	})
}

// gitSource is a git repository. It is fetched from and never written to.
type gitSource struct {
	url     string
	local   bool // it lies on this machine
	ref     string
	tag     *regexp.Regexp
	version catalog.Version // of ref; zero takes unknownVersion with the commit
}

var _ source = (*gitSource)(nil)

var (
	scpAddress = lazyregexp.New(`^([A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:[^:]`)
	// refName excludes what git refuses in the name of a branch or tag, and revision syntax such as "HEAD~1".
	refName = lazyregexp.New(`^[^\x00-\x20\x7f~^:?*\[\\@.-][^\x00-\x20\x7f~^:?*\[\\]*$`)
)

func newGitSource(p *project) (source, error) {
	r := &gitSource{url: p.URL, ref: p.Ref}
	if err := r.parseURL(); err != nil {
		return nil, err
	}
	if r.ref != "" && (!refName().MatchString(r.ref) || strings.Contains(r.ref, "..") || strings.Contains(r.ref, "@{")) {
		return nil, invalid("ref is %q: give the name of a branch or tag, or a whole commit", r.ref)
	}
	var err error
	switch {
	case p.Version != "" && p.Ref == "":
		return nil, invalid("version is for source git with a ref: a tag contains its version")
	case p.Version != "":
		if r.version, err = catalog.ParseVersion(p.Version); err != nil {
			return nil, invalid("version: %w", err)
		}
	}
	r.tag, err = tagPattern(p.Tag)
	return r, err
}

// parseURL refuses URLs that git would read as a flag or as a program to run, and URLs with a secret, since they are
// recorded.
func (r *gitSource) parseURL() error {
	if r.url == "" {
		return invalid("url is missing: give the address or absolute path of a git repository")
	}
	if filepath.IsAbs(r.url) {
		r.local = true
		return nil
	}
	u, err := url.Parse(r.url)
	switch {
	case strings.HasPrefix(r.url, "-") || strings.ContainsAny(r.url, "\x00\r\n"):
		return invalid("url: it is not the address of a git repository")
	case err == nil && strings.Contains(r.url, "://"):
		return r.checkAddress(u)
	case scpAddress().MatchString(r.url):
		return nil
	default:
		return invalid("url: give an address with https or ssh, or an absolute path")
	}
}

func (r *gitSource) checkAddress(u *url.URL) error {
	_, hasPassword := u.User.Password()
	switch u.Scheme {
	case "file":
		r.local = true
		return nil
	case "https", "http", "ssh":
	default:
		return invalid("url: %s is not supported; use https or ssh", u.Scheme)
	}
	if hasPassword || u.User != nil && u.Scheme != "ssh" || u.RawQuery != "" {
		return invalid("url: it must not hold a user, a password or a query; use a credential helper of git or ssh")
	}
	return nil
}

func (r *gitSource) tools() []toolrun.Tool { return []toolrun.Tool{git.Tool} }

func (r *gitSource) git(p *project) *git.Repo {
	return &git.Repo{Path: p.found["git"].Path, Dir: os.TempDir(), AllowLocal: r.local}
}

// releases lists the repository's tags or, if ref is set, the commit that ref points to.
func (r *gitSource) releases(ctx context.Context, p *project) (res provisioner.Resolution, err error) {
	res.Volatile = r.local
	if r.ref != "" {
		return res, r.offerRef(ctx, p, &res)
	}
	refs, err := r.git(p).RemoteRefs(ctx, r.url, "refs/tags/*")
	if err != nil {
		return res, r.wrapError("ask for tags", err)
	}
	for _, ref := range refs {
		name := strings.TrimPrefix(ref.Name, "refs/tags/")
		version, ok := matchVersion(r.tag, name)
		if !ok {
			res.Rejected = append(res.Rejected, provisioner.Rejection{Kind: provisioner.NotFound,
				Reason: "tag " + name + " does not match the source's `tag`"})
			continue
		}
		p.offer(&res, provisioner.Release{
			Version: version, Tag: name, Prerelease: version.IsPrerelease(), Integrity: catalog.Built,
			Ref: ref.Commit + " " + ref.Name, Revision: ref.Commit,
		})
	}
	if len(refs) == 0 {
		res.Rejected = append(res.Rejected, provisioner.Rejection{Kind: provisioner.NotFound,
			Reason: "the repository has no tags"})
	}
	const most = 1000
	res.Rejected = res.Rejected[:min(len(res.Rejected), most)]
	return res, nil
}

func (r *gitSource) offerRef(ctx context.Context, p *project, res *provisioner.Resolution) error {
	found := git.Ref{Commit: r.ref, Name: r.ref}
	if !git.IsCommit(r.ref) {
		refs, err := r.git(p).RemoteRefs(ctx, r.url, "refs/heads/"+r.ref, "refs/tags/"+r.ref, "refs/tags/"+r.ref+"^{}")
		if err != nil {
			return r.wrapError("ask for tags", err)
		}
		if len(refs) == 0 {
			return provisioner.Errorf(provisioner.NotFound, "the repository has no branch or tag %q", r.ref).
				WithHint("give a commit by its full name")
		}
		found = refs[0] // a branch comes before a tag of the same name
	}
	version := r.version
	if version.IsZero() {
		version = catalog.MustVersion(unknownVersion + "+g" + found.Commit[:7])
	}
	p.offer(res, provisioner.Release{
		Version: version, Tag: r.ref, Prerelease: version.IsPrerelease(), Integrity: catalog.Built,
		Ref: found.Commit + " " + found.Name, Revision: found.Commit,
	})
	return nil
}

// wrapError adds the kind to an error of git about this repository.
func (r *gitSource) wrapError(verb string, err error) error {
	otherwise := provisioner.BuildFailed
	e, ok := errors.AsType[*git.Error](err)
	if !ok {
		return failure.Wrap(otherwise, verb, err)
	}
	if failure.IsDiskFull(e.Stderr) {
		return failure.DiskFull(provisioner.Other, e)
	}
	return provisioner.Errorf(failure.ClassifyStderr(e.Stderr, otherwise), "%s of %s: %w", verb, r.url, e)
}

// materialize checks out the release's commit in the workspace, so that the builder compiles only what changed since
// the last build.
func (r *gitSource) materialize(ctx context.Context, b *build) (checkout, error) {
	commit, name, ok := strings.Cut(b.req.Release.Ref, " ")
	if !ok || !git.IsCommit(commit) || strings.HasPrefix(name, "-") {
		return checkout{}, provisioner.Errorf(provisioner.NotFound, "release %s is not offered", b.req.Release.Version)
	}
	b.out.Printf("fetching commit %s of %s", commit, r.url)
	g := r.git(b.project)
	g.Dir, g.Logf, g.EnvTag = filepath.Join(b.workDir, sourceFolder), b.out.Logf, b.envTag()
	err := g.CheckOut(ctx, r.url, commit, name)
	if e, ok := errors.AsType[*git.Error](err); ok && failure.Stopped(ctx) == nil &&
		failure.ClassifyStderr(e.Stderr, provisioner.Other) == provisioner.Other {
		// Files of an interrupted run may be in the way. A real error happens again after a fresh start.
		err = os.RemoveAll(g.Dir)
		if err == nil {
			err = g.CheckOut(ctx, r.url, commit, name)
		}
	}
	if err != nil {
		return checkout{}, r.wrapError("fetch "+name, err)
	}
	if err := g.UpdateSubmodules(ctx); err != nil {
		return checkout{}, r.wrapError("fetch submodules", err)
	}
	_, at, err := g.Head(ctx)
	if err != nil {
		return checkout{}, r.wrapError("read "+name, err)
	}
	details := map[string]string{"url": r.url, "commit": commit, "ref": name}
	return checkout{dir: g.Dir, revision: commit, epoch: epochOf(at), details: details}, nil
}
