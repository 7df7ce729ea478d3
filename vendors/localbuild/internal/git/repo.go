package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// gitTool is the oldest git that refuses what a hostile repository may try, and that fetches a commit by its name.
var Tool = toolrun.Tool{Name: "git", Min: "2.30", Install: "git 2.30 or newer from https://git-scm.com"}

// gitFlags keep git from running what a repository or a template says, from background work that outlives it, and from
// changing the bytes of files.
var gitFlags = []string{
	"-c", "core.hooksPath=" + os.DevNull, "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never",
	"-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.autocrlf=false", "-c", "core.longpaths=true",
	"-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main", "-c", "submodule.recurse=false",
}

// maxGitAnswer bounds what git may print, in bytes: enough for the files or the tags of the largest repositories.
const maxGitAnswer = 64 << 20

// git runs the git command in one folder.
type Repo struct {
	Path       string
	Dir        string
	AllowLocal bool                             // a repository on this machine may be read
	Logf       func(format string, args ...any) // logs a line; nil logs nothing
	EnvTag     string
}

// gitError tells what git said.
type Error struct {
	command, Stderr string
	err             error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Stderr == "" {
		return fmt.Sprintf("git %s: %v", e.command, e.err)
	}
	return fmt.Sprintf("git %s: %s", e.command, e.Stderr)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// run returns what git prints. Its error is a *gitError, unless ctx is done.
func (g *Repo) run(ctx context.Context, args ...string) (string, error) {
	protocols := "https:http:ssh"
	if g.AllowLocal {
		protocols += ":file"
	}
	env := append(toolrun.Inherited(toolrun.SystemVariables, toolrun.GitVariables), toolrun.NoPrompts...)
	// Messages in English, which are understood; no lock that stands in the way of the user's own git.
	env = append(env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_ALLOW_PROTOCOL="+protocols)
	if g.EnvTag != "" {
		env = append(env, g.EnvTag)
	}
	stdout, stderr := &toolrun.Buffer{Max: maxGitAnswer}, &toolrun.Buffer{Max: 1 << 20}
	if g.Logf != nil {
		g.Logf("$ git %s", strings.Join(args, " "))
	}
	err := toolrun.Command{
		Args: slices.Concat([]string{g.Path}, gitFlags, args), Dir: g.Dir, Env: env, Stdout: stdout, Stderr: stderr,
		EnvTag: g.EnvTag,
	}.Run(ctx)
	if g.Logf != nil && stderr.Len() > 0 {
		g.Logf("%s", strings.TrimRight(stderr.String(), "\n"))
	}
	if stop := failure.Stopped(ctx); stop != nil {
		return "", stop
	}
	if err != nil {
		return "", &Error{command: verb(args), Stderr: stderr.Text(), err: err}
	}
	return stdout.String(), nil
}

// verb is git's subcommand among its arguments.
func verb(args []string) string {
	if args[0] == "submodule" {
		return strings.Join(args[:2], " ")
	}
	return args[0]
}

// files lists the files of a work tree below the folder, in order: those that git knows or would offer to add.
// Repositories within it, as submodules are, are looked into.
func (g *Repo) Files(ctx context.Context) ([]string, error) {
	answer, err := g.run(ctx, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
	if err != nil {
		return nil, failure.Wrap(provisioner.BuildFailed, "list source", err)
	}
	var files []string
	for _, name := range strings.Split(strings.TrimRight(answer, "\x00"), "\x00") {
		if name == "" {
			continue
		}
		within := &Repo{Path: g.Path, Dir: filepath.Join(g.Dir, filepath.FromSlash(name)), Logf: g.Logf, EnvTag: g.EnvTag}
		if info, err := os.Lstat(within.Dir); err != nil || !info.IsDir() {
			files = append(files, name)
			continue
		}
		if _, err := os.Lstat(filepath.Join(within.Dir, ".git")); err != nil {
			continue // a submodule that was not fetched
		}
		inner, err := within.Files(ctx)
		if err != nil {
			return nil, err
		}
		for _, file := range inner {
			files = append(files, path.Join(name, file))
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil // what is in conflict is listed more than once
}

// head is the commit that is checked out, and its time, which is zero if git prints none.
func (g *Repo) Head(ctx context.Context) (commit string, at time.Time, err error) {
	answer, err := g.run(ctx, "log", "-1", "--no-show-signature", "--format=%H %cI", "HEAD", "--")
	if err != nil {
		return "", at, err
	}
	commit, when, _ := strings.Cut(strings.TrimSpace(answer), " ")
	if !IsCommit(commit) {
		return "", at, errors.New("git log: it names no commit")
	}
	at, _ = time.Parse(time.RFC3339, when)
	return commit, at, nil
}

// isDirty reports whether a work tree holds what is not committed.
func (g *Repo) isDirty(ctx context.Context) (bool, error) {
	answer, err := g.run(ctx, "status", "--porcelain", "--untracked-files=normal", "--", ".")
	return answer != "", err
}

// mergedTags are the tags of the checked out commit and of those before it.
func (g *Repo) mergedTags(ctx context.Context) ([]string, error) {
	answer, err := g.run(ctx, "tag", "--list", "--merged", "HEAD")
	return strings.Fields(answer), err
}

// commitsSince counts the commits after a tag; all, if that is empty.
func (g *Repo) commitsSince(ctx context.Context, tag string) (int, error) {
	span := "HEAD"
	if tag != "" {
		span = "refs/tags/" + tag + "..HEAD"
	}
	answer, err := g.run(ctx, "rev-list", "--count", span, "--")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(answer))
}
