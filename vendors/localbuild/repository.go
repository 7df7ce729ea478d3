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
)

// repository is a git repository: one to fetch from, never to write to.
type repository struct {
	url     string
	local   bool // it lies on this machine
	ref     string
	tag     *regexp.Regexp
	version catalog.Version // of ref; zero takes unknownVersion with the commit
}

var _ origin = (*repository)(nil)

var (
	scpAddress = lazyregexp.New(`^([A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:[^:]`)
	// refName leaves out what git refuses in the name of a branch or tag, and what means more than a name.
	refName    = lazyregexp.New(`^[^\x00-\x20\x7f~^:?*\[\\@.-][^\x00-\x20\x7f~^:?*\[\\]*$`)
	commitName = lazyregexp.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

func isCommit(s string) bool { return commitName().MatchString(s) }

func newRepository(p *project) (*repository, error) {
	r := &repository{url: p.URL, ref: p.Ref}
	if err := r.parseURL(); err != nil {
		return nil, err
	}
	if r.ref != "" && (!refName().MatchString(r.ref) || strings.Contains(r.ref, "..") || strings.Contains(r.ref, "@{")) {
		return nil, invalid("ref is %q: give the name of a branch or tag, or a whole commit", r.ref)
	}
	var err error
	switch {
	case p.Version != "" && p.Ref == "":
		return nil, invalid("version is for source git with a ref: tags tell their versions")
	case p.Version != "":
		if r.version, err = catalog.ParseVersion(p.Version); err != nil {
			return nil, invalid("version: %w", err)
		}
	}
	r.tag, err = tagPattern(p.Tag)
	return r, err
}

// parseURL refuses what git would take for a flag or a program to run, and addresses with a secret: they are recorded.
func (r *repository) parseURL() error {
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
		return invalid("url: it is no address of a git repository")
	case err == nil && strings.Contains(r.url, "://"):
		return r.checkAddress(u)
	case scpAddress().MatchString(r.url):
		return nil
	default:
		return invalid("url: give an address with https or ssh, or an absolute path")
	}
}

func (r *repository) checkAddress(u *url.URL) error {
	_, hasPassword := u.User.Password()
	switch u.Scheme {
	case "file":
		r.local = true
		return nil
	case "https", "http", "ssh":
	default:
		return invalid("url: %s is no way to fetch from; use https or ssh", u.Scheme)
	}
	if hasPassword || u.User != nil && u.Scheme != "ssh" || u.RawQuery != "" {
		return invalid("url: it must not hold a user, a password or a query; use a credential helper of git's, or ssh")
	}
	return nil
}

func (r *repository) tools() []tool { return []tool{gitTool} }

func (r *repository) git(p *project) *git {
	return &git{path: p.found["git"].path, dir: os.TempDir(), local: r.local}
}

// releases asks for the repository's tags, or where ref is.
func (r *repository) releases(ctx context.Context, p *project) (res provisioner.Resolution, err error) {
	res.Volatile = r.local
	if r.ref != "" {
		return res, r.offerRef(ctx, p, &res)
	}
	refs, err := r.ask(ctx, p, "refs/tags/*")
	if err != nil {
		return res, err
	}
	for _, ref := range refs {
		name := strings.TrimPrefix(ref.name, "refs/tags/")
		version, ok := matchVersion(r.tag, name)
		if !ok {
			res.Rejected = append(res.Rejected, provisioner.Rejection{Kind: provisioner.NotFound,
				Reason: "tag " + name + " does not match the source's `tag`"})
			continue
		}
		p.offer(&res, provisioner.Release{
			Version: version, Tag: name, Prerelease: version.IsPrerelease(), Integrity: catalog.Built,
			Ref: ref.commit + " " + ref.name, Revision: ref.commit,
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

func (r *repository) offerRef(ctx context.Context, p *project, res *provisioner.Resolution) error {
	found := remoteRef{commit: r.ref, name: r.ref}
	if !isCommit(r.ref) {
		refs, err := r.ask(ctx, p, "refs/heads/"+r.ref, "refs/tags/"+r.ref, "refs/tags/"+r.ref+"^{}")
		if err != nil {
			return err
		}
		if len(refs) == 0 {
			return provisioner.Errorf(provisioner.NotFound, "the repository has no branch or tag %q", r.ref).
				WithHint("of a commit, give the whole name")
		}
		found = refs[0] // a branch comes before a tag of the same name
	}
	version := r.version
	if version.IsZero() {
		version = catalog.MustVersion(unknownVersion + "+g" + found.commit[:7])
	}
	p.offer(res, provisioner.Release{
		Version: version, Tag: r.ref, Prerelease: version.IsPrerelease(), Integrity: catalog.Built,
		Ref: found.commit + " " + found.name, Revision: found.commit,
	})
	return nil
}

// remoteRef is a branch or tag with the commit that it stands for.
type remoteRef struct{ commit, name string }

// ask lists the repository's refs that fit the patterns, in the order of their names.
func (r *repository) ask(ctx context.Context, p *project, patterns ...string) ([]remoteRef, error) {
	answer, err := r.git(p).run(ctx, append([]string{"ls-remote", "--", r.url}, patterns...)...)
	if err != nil {
		return nil, r.blame("ask for tags", err)
	}
	return parseRefs(answer), nil
}

// parseRefs reads what ls-remote prints. An annotated tag comes twice: itself, and as "^{}" the commit that is meant.
func parseRefs(answer string) []remoteRef {
	var refs []remoteRef
	for line := range strings.Lines(answer) {
		commit, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || !isCommit(commit) {
			continue
		}
		tag, isPeeled := strings.CutSuffix(name, "^{}")
		if last := len(refs) - 1; isPeeled && last >= 0 && refs[last].name == tag {
			refs[last].commit = commit
			continue
		}
		refs = append(refs, remoteRef{commit, tag})
	}
	return refs
}

// blame makes an error of git's about this repository one of a known kind.
func (r *repository) blame(verb string, err error) error {
	otherwise := provisioner.BuildFailed
	e, ok := errors.AsType[*gitError](err)
	if !ok {
		return orFullDisk(otherwise, verb, err)
	}
	if diskFull().MatchString(e.said) {
		return fullDisk(provisioner.Other, e)
	}
	return provisioner.Errorf(saidKind(e.said, otherwise), "%s of %s: %w", verb, r.url, e)
}
