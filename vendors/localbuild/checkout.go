package localbuild

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
)

// place checks the release's commit out, in the folder that the source's last build left, so that what did not change
// since is not compiled again.
func (r *repository) place(ctx context.Context, s *site) (tree, error) {
	commit, name, ok := strings.Cut(s.req.Release.Ref, " ")
	if !ok || !isCommit(commit) || strings.HasPrefix(name, "-") {
		return tree{}, provisioner.Errorf(provisioner.NotFound, "release %s is not offered", s.req.Release.Version)
	}
	s.out.say("fetching commit %s of %s", commit, r.url)
	g := r.git(s.project)
	g.dir, g.out, g.mark = filepath.Join(s.work, sourceFolder), s.out, s.mark()
	err := r.checkOut(ctx, g, commit, name)
	if e, ok := errors.AsType[*gitError](err); ok && stopped(ctx) == nil &&
		saidKind(e.said, provisioner.Other) == provisioner.Other {
		// What an interrupted run left may be in the way; with a fresh start only what is wrong fails again.
		err = os.RemoveAll(g.dir)
		if err == nil {
			err = r.checkOut(ctx, g, commit, name)
		}
	}
	if err != nil {
		return tree{}, r.blame("fetch "+name, err)
	}
	if err := r.submodules(ctx, g); err != nil {
		return tree{}, err
	}
	_, at, err := g.head(ctx)
	if err != nil {
		return tree{}, r.blame("read "+name, err)
	}
	details := map[string]string{"url": r.url, "commit": commit, "ref": name}
	return tree{dir: g.dir, revision: commit, epoch: at, details: details}, nil
}

// checkOut makes g's folder a work tree of one commit and nothing else but what git ignores there.
func (r *repository) checkOut(ctx context.Context, g *git, commit, name string) error {
	if err := os.MkdirAll(g.dir, 0o755); err != nil {
		return err
	}
	format := "sha1"
	if len(commit) == 64 {
		format = "sha256"
	}
	if _, err := g.run(ctx, "init", "--quiet", "--template=", "--object-format="+format); err != nil {
		return err
	}
	// Submodules with relative addresses start from here.
	if _, err := g.run(ctx, "config", "remote.origin.url", r.url); err != nil {
		return err
	}
	if err := r.fetchCommit(ctx, g, commit, name); err != nil {
		return err
	}
	if _, err := g.run(ctx, "checkout", "--quiet", "--force", "--detach", commit, "--"); err != nil {
		return err
	}
	_, err := g.run(ctx, "clean", "--quiet", "--force", "--force", "-d")
	return err
}

// fetchCommit fetches one commit without its history: by its own name, or from a server that does not give it by that,
// by the ref that led to it.
func (r *repository) fetchCommit(ctx context.Context, g *git, commit, name string) error {
	if _, err := g.run(ctx, "cat-file", "-e", commit+"^{commit}"); err == nil {
		return nil // a build of it was here before
	}
	fetch := []string{"fetch", "--quiet", "--no-tags", "--depth=1", "--no-recurse-submodules", "--no-write-fetch-head",
		"--", r.url}
	_, err := g.run(ctx, append(fetch, commit)...)
	if err == nil || name == commit || stopped(ctx) != nil {
		return err
	}
	if _, err := g.run(ctx, append(fetch, name)...); err != nil {
		return err
	}
	if _, err := g.run(ctx, "cat-file", "-e", commit+"^{commit}"); err != nil && stopped(ctx) == nil {
		return provisioner.Errorf(provisioner.NotFound, "%s of %s is no longer at commit %s", name, r.url, commit).
			WithHint("ask again: it was moved in the meantime")
	}
	return stopped(ctx)
}

// submodules brings the submodules to the commits that are recorded for them.
func (r *repository) submodules(ctx context.Context, g *git) error {
	if _, err := os.Stat(filepath.Join(g.dir, ".gitmodules")); err != nil {
		return nil
	}
	if _, err := g.run(ctx, "submodule", "sync", "--quiet", "--recursive"); err != nil {
		return r.blame("fetch submodules", err)
	}
	update := []string{"submodule", "update", "--quiet", "--init", "--recursive", "--checkout", "--force"}
	_, err := g.run(ctx, append(update, "--depth=1")...)
	if err == nil || stopped(ctx) != nil {
		return err
	}
	// Not every server gives a commit that no branch ends in.
	if _, err := g.run(ctx, update...); err != nil {
		return r.blame("fetch submodules", err)
	}
	return nil
}
