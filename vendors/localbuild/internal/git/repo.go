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

// Tool is git. Version 2.30 resists known attacks by hostile repositories, and fetches a commit by its hash.
var Tool = toolrun.Tool{Name: "git", Min: "2.30", Install: "git 2.30 or newer from https://git-scm.com"}

// gitFlags prevent that git runs programs of a repository or a template, starts background work, or converts line
// endings.
var gitFlags = []string{
	"-c", "core.hooksPath=" + os.DevNull, "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never",
	"-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.autocrlf=false", "-c", "core.longpaths=true",
	"-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main", "-c", "submodule.recurse=false",
}

// maxGitAnswer is how many bytes git may print: enough for the files or tags of the largest repositories.
const maxGitAnswer = 64 << 20

// Repo runs the git command in one folder, with the user's credentials and proxies but without hooks and prompts.
type Repo struct {
	Path       string
	Dir        string
	AllowLocal bool                             // allows repositories on this machine
	Logf       func(format string, args ...any) // logs a line; nil logs nothing
	EnvTag     string
}

// Error is a failed git command with its error output.
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

// run returns the output of a git command. Its error is an *Error, unless ctx is done.
func (g *Repo) run(ctx context.Context, args ...string) (string, error) {
	protocols := "https:http:ssh"
	if g.AllowLocal {
		protocols += ":file"
	}
	env := append(toolrun.Inherited(toolrun.SystemVariables, toolrun.GitVariables), toolrun.NoPrompts...)
	// English messages can be classified. Without optional locks the user's own git is never blocked.
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

// verb is the subcommand, for messages.
func verb(args []string) string {
	if args[0] == "submodule" {
		return strings.Join(args[:2], " ")
	}
	return args[0]
}

// Files lists the files of a work tree below the folder, sorted: those that git tracks or would add. It includes the
// files of submodules.
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
	return slices.Compact(files), nil // a file in conflict is listed several times
}

// Head returns the commit that is checked out and its time, which is zero if git prints none.
func (g *Repo) Head(ctx context.Context) (commit string, at time.Time, err error) {
	answer, err := g.run(ctx, "log", "-1", "--no-show-signature", "--format=%H %cI", "HEAD", "--")
	if err != nil {
		return "", at, err
	}
	commit, when, _ := strings.Cut(strings.TrimSpace(answer), " ")
	if !IsCommit(commit) {
		return "", at, errors.New("git log printed no commit")
	}
	at, _ = time.Parse(time.RFC3339, when)
	return commit, at, nil
}

// isDirty reports whether there are uncommitted changes.
func (g *Repo) isDirty(ctx context.Context) (bool, error) {
	answer, err := g.run(ctx, "status", "--porcelain", "--untracked-files=normal", "--", ".")
	return answer != "", err
}

// mergedTags are the tags of the commit that is checked out and of its ancestors.
func (g *Repo) mergedTags(ctx context.Context) ([]string, error) {
	answer, err := g.run(ctx, "tag", "--list", "--merged", "HEAD")
	return strings.Fields(answer), err
}

// commitsSince counts the commits after a tag, or all commits if it is "".
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
