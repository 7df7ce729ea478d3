package git

import (
	"context"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// CheckOut makes the folder a work tree of one commit. Only files that git ignores are kept.
func (g *Repo) CheckOut(ctx context.Context, url, commit, name string) error {
	if err := os.MkdirAll(g.Dir, 0o755); err != nil {
		return err
	}
	format := "sha1"
	if len(commit) == 64 {
		format = "sha256"
	}
	if _, err := g.run(ctx, "init", "--quiet", "--template=", "--object-format="+format); err != nil {
		return err
	}
	// Relative URLs of submodules start at this URL.
	if _, err := g.run(ctx, "config", "remote.origin.url", url); err != nil {
		return err
	}
	if err := g.fetchCommit(ctx, url, commit, name); err != nil {
		return err
	}
	if _, err := g.run(ctx, "checkout", "--quiet", "--force", "--detach", commit, "--"); err != nil {
		return err
	}
	_, err := g.run(ctx, "clean", "--quiet", "--force", "--force", "-d")
	return err
}

// fetchCommit fetches one commit without its history. If the server does not allow to fetch it by its hash, it fetches
// the ref that pointed to it.
func (g *Repo) fetchCommit(ctx context.Context, url, commit, name string) error {
	if _, err := g.run(ctx, "cat-file", "-e", commit+"^{commit}"); err == nil {
		return nil // an earlier build fetched it
	}
	fetch := []string{"fetch", "--quiet", "--no-tags", "--depth=1", "--no-recurse-submodules", "--no-write-fetch-head",
		"--", url}
	_, err := g.run(ctx, append(fetch, commit)...)
	if err == nil || name == commit || failure.Stopped(ctx) != nil {
		return err
	}
	if _, err := g.run(ctx, append(fetch, name)...); err != nil {
		return err
	}
	if _, err := g.run(ctx, "cat-file", "-e", commit+"^{commit}"); err != nil && failure.Stopped(ctx) == nil {
		return provisioner.Errorf(provisioner.NotFound, "%s of %s is no longer at commit %s", name, url, commit).
			WithHint("resolve again: it was moved in the meantime")
	}
	return failure.Stopped(ctx)
}

// UpdateSubmodules fetches and checks out the submodules, if there are any.
func (g *Repo) UpdateSubmodules(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(g.Dir, ".gitmodules")); err != nil {
		return nil
	}
	if _, err := g.run(ctx, "submodule", "sync", "--quiet", "--recursive"); err != nil {
		return err
	}
	update := []string{"submodule", "update", "--quiet", "--init", "--recursive", "--checkout", "--force"}
	_, err := g.run(ctx, append(update, "--depth=1")...)
	if err == nil || failure.Stopped(ctx) != nil {
		return err
	}
	// Not every server allows to fetch a commit that is not at the end of a branch.
	_, err = g.run(ctx, update...)
	return err
}
