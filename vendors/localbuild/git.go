package localbuild

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

	"github.com/rbee-keeper/provision/provisioner"
)

// gitTool is the oldest git that refuses what a hostile repository may try, and that fetches a commit by its name.
var gitTool = tool{name: "git", min: "2.30", install: "git 2.30 or newer from https://git-scm.com"}

// promptsNobody has git and ssh fail where they would ask for a password: nobody is there to answer.
var promptsNobody = []string{
	"GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never", "GIT_ASKPASS=false", "SSH_ASKPASS=false",
	"SSH_ASKPASS_REQUIRE=force",
}

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
type git struct {
	path  string
	dir   string
	local bool // a repository on this machine may be read
	out   *output
	mark  string
}

// gitError tells what git said.
type gitError struct {
	what, said string
	err        error
}

// Error implements error.
func (e *gitError) Error() string {
	if e.said == "" {
		return fmt.Sprintf("git %s: %v", e.what, e.err)
	}
	return fmt.Sprintf("git %s: %s", e.what, e.said)
}

// Unwrap returns the cause.
func (e *gitError) Unwrap() error { return e.err }

// run returns what git prints. Its error is a *gitError, unless ctx is done.
func (g *git) run(ctx context.Context, args ...string) (string, error) {
	protocols := "https:http:ssh"
	if g.local {
		protocols += ":file"
	}
	env := append(inherited(systemVariables, gitVariables), promptsNobody...)
	// Messages in English, which are understood; no lock that stands in the way of the user's own git.
	env = append(env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_ALLOW_PROTOCOL="+protocols)
	if g.mark != "" {
		env = append(env, g.mark)
	}
	stdout, stderr := &limitedBuffer{max: maxGitAnswer}, &limitedBuffer{max: 1 << 20}
	if g.out != nil {
		g.out.note("$ git %s", strings.Join(args, " "))
	}
	err := command{
		args: slices.Concat([]string{g.path}, gitFlags, args), dir: g.dir, env: env, stdout: stdout, stderr: stderr,
		mark: g.mark,
	}.run(ctx)
	if g.out != nil && stderr.Len() > 0 {
		g.out.note("%s", strings.TrimRight(stderr.String(), "\n"))
	}
	if stop := stopped(ctx); stop != nil {
		return "", stop
	}
	if err != nil {
		return "", &gitError{what: verb(args), said: stderr.text(), err: err}
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
func (g *git) files(ctx context.Context) ([]string, error) {
	answer, err := g.run(ctx, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
	if err != nil {
		return nil, orFullDisk(provisioner.BuildFailed, "list source", err)
	}
	var files []string
	for _, name := range strings.Split(strings.TrimRight(answer, "\x00"), "\x00") {
		if name == "" {
			continue
		}
		within := &git{path: g.path, dir: filepath.Join(g.dir, filepath.FromSlash(name)), out: g.out, mark: g.mark}
		if info, err := os.Lstat(within.dir); err != nil || !info.IsDir() {
			files = append(files, name)
			continue
		}
		if _, err := os.Lstat(filepath.Join(within.dir, ".git")); err != nil {
			continue // a submodule that was not fetched
		}
		inner, err := within.files(ctx)
		if err != nil {
			return nil, err
		}
		for _, file := range inner {
			files = append(files, path.Join(name, file))
		}
	}
	if len(files) > maxFiles {
		return nil, tooManyFiles(g.dir)
	}
	slices.Sort(files)
	return slices.Compact(files), nil // what is in conflict is listed more than once
}

// head is the commit that is checked out, and its time in seconds since 1970.
func (g *git) head(ctx context.Context) (commit string, at int64, err error) {
	answer, err := g.run(ctx, "log", "-1", "--no-show-signature", "--format=%H %cI", "HEAD", "--")
	if err != nil {
		return "", undated, err
	}
	commit, when, _ := strings.Cut(strings.TrimSpace(answer), " ")
	if !isCommit(commit) {
		return "", undated, errors.New("git log: it names no commit")
	}
	return commit, commitTime(when), nil
}

// isDirty reports whether a work tree holds what is not committed.
func (g *git) isDirty(ctx context.Context) (bool, error) {
	answer, err := g.run(ctx, "status", "--porcelain", "--untracked-files=normal", "--", ".")
	return answer != "", err
}

// mergedTags are the tags of the checked out commit and of those before it.
func (g *git) mergedTags(ctx context.Context) ([]string, error) {
	answer, err := g.run(ctx, "tag", "--list", "--merged", "HEAD")
	return strings.Fields(answer), err
}

// commitsSince counts the commits after a tag; all, if that is empty.
func (g *git) commitsSince(ctx context.Context, tag string) (int, error) {
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
