package git

import (
	"context"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// checkOut makes g's folder a work tree of one commit and nothing else but what git ignores there.
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
	// Submodules with relative addresses start from here.
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

// fetchCommit fetches one commit without its history: by its own name, or from a server that does not give it by that,
// by the ref that led to it.
func (g *Repo) fetchCommit(ctx context.Context, url, commit, name string) error {
	if _, err := g.run(ctx, "cat-file", "-e", commit+"^{commit}"); err == nil {
		return nil // a build of it was here before
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
			WithHint("ask again: it was moved in the meantime")
	}
	return failure.Stopped(ctx)
}

// submodules brings the submodules to the commits that are recorded for them.
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
	// Not every server gives a commit that no branch ends in.
	_, err = g.run(ctx, update...)
	return err
}
