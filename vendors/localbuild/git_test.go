package localbuild

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// gitRepo is a git repository of the test's.
type gitRepo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T, content files) gitRepo {
	t.Helper()
	needTool(t, "git")
	r := gitRepo{t, write(t, content)}
	r.git("init", "--quiet", "--initial-branch=main")
	return r
}

// git runs git as a user without any configuration would.
func (r gitRepo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.dir, "-c", "user.name=Test", "-c", "user.email=test@example.com",
		"-c", "protocol.file.allow=always"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// commit commits these files, with all else that changed, under a tag if one is given.
func (r gitRepo) commit(content files, tags ...string) string {
	r.t.Helper()
	writeTo(r.t, r.dir, content)
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message", "change")
	for _, tag := range tags {
		r.git("tag", "--annotate", "--message", tag, tag)
	}
	return r.git("rev-parse", "HEAD")
}

func mainPrinting(text string) files {
	return files{"main.go": "package main\n\nvar version string\n\nfunc main() { println(version, \"" + text + "\") }\n"}
}
