package localbuild

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/workspace"
)

// taggedRepo has a Go program in three releases, a prerelease, and a tag that is none. Its text is in a submodule.
func taggedRepo(t *testing.T) (repo gitRepo, commits map[string]string) {
	t.Helper()
	library := newRepo(t, nil)
	library.commit(files{"text.go": "package text\n\nconst Text = \"from a submodule\"\n"})
	repo = newRepo(t, files{"go.mod": goMod})
	repo.git("submodule", "--quiet", "add", library.dir, "text")
	main := func(text string) files {
		return files{"main.go": "package main\n\nimport \"example.com/worker/text\"\n\nvar version string\n\n" +
			"func main() { println(version, \"" + text + "\", text.Text) }\n"}
	}
	commits = map[string]string{}
	for _, tag := range []string{"v1.0.0", "v1.1.0", "v2.0.0", "v3.0.0-rc.1", "nightly"} {
		commits[tag] = repo.commit(main(tag), tag)
	}
	return repo, commits
}

func TestGitSource_buildsTheNewestMatchingTag(t *testing.T) {
	t.Parallel()
	repo, commits := taggedRepo(t)
	q := query(t, with{"source": "git", "url": repo.dir})
	resolution := resolve(t, q)
	require.True(t, resolution.Volatile, "it lies on this machine")
	require.Len(t, resolution.Releases, 3)
	release := resolution.Releases[0]
	require.Equal(t, "2.0.0", release.Version.String())
	require.Equal(t, "v2.0.0", release.Tag)
	require.Equal(t, commits["v2.0.0"], release.Revision, "the commit, not the tag's own object")

	exe, fetched := fetch(t, q)
	require.Equal(t, "2.0.0 v2.0.0 from a submodule", run(t, exe))
	require.Equal(t, commits["v2.0.0"], fetched.Details["commit"])
	require.Equal(t, commits["v2.0.0"], fetched.Details["revision"])
	require.Equal(t, repo.dir, fetched.Details["url"])
	require.NotEmpty(t, fetched.Details["git"])

	q.Constraint = catalog.MustConstraint("~> 1.0")
	exe, _ = fetch(t, q)
	require.Equal(t, "1.1.0 v1.1.0 from a submodule", run(t, exe), "the same folder is checked out anew")
	require.Len(t, namesIn(t, filepath.Join(q.CacheDir, workspace.Folder)), 3, "one workspace with its lock and its size")

	q.Constraint = catalog.MustConstraint("= 3.0.0-rc.1")
	exe, _ = fetch(t, q)
	require.Equal(t, "3.0.0-rc.1 v3.0.0-rc.1 from a submodule", run(t, exe))
}

func TestGitSource_explainsRejectedTags(t *testing.T) {
	t.Parallel()
	repo, _ := taggedRepo(t)
	q := query(t, with{"source": "git", "url": repo.dir})
	q.Constraint = catalog.MustConstraint(">= 9")
	resolution := resolve(t, q)
	require.Empty(t, resolution.Releases)
	var reasons []string
	for _, refusal := range resolution.Rejected {
		reasons = append(reasons, refusal.Reason)
	}
	require.ElementsMatch(t, []string{
		"version 1.0.0 does not satisfy >= 9", "version 1.1.0 does not satisfy >= 9", "version 2.0.0 does not satisfy >= 9",
		"a prerelease; see `prereleases`", "tag nightly does not match the source's `tag`",
	}, reasons)

	resolution = resolve(t, query(t, with{"source": "git", "url": newRepo(t, nil).dir}))
	require.Equal(t, "the repository has no tags", resolution.Rejected[0].Reason)
}

func TestGitSource_offersTheNewestTags(t *testing.T) {
	t.Parallel()
	repo := newRepo(t, files{"go.mod": goMod})
	for _, tag := range []string{"v1.0.0", "v1.10.0", "v1.2.0", "v1.3.0"} {
		repo.commit(nil, tag)
	}
	resolution := resolve(t, query(t, with{"source": "git", "url": repo.dir}))
	var offered []string
	for _, release := range resolution.Releases {
		offered = append(offered, release.Tag)
	}
	require.Equal(t, []string{"v1.10.0", "v1.3.0", "v1.2.0"}, offered)
	require.Equal(t, "1.0.0", resolution.Rejected[0].Version)
	require.Equal(t, "enough newer versions are offered", resolution.Rejected[0].Reason)
}

func TestGitSource_mapsTagsToVersions(t *testing.T) {
	t.Parallel()
	repo := newRepo(t, files{"go.mod": goMod})
	repo.commit(mainPrinting("old"), "b99")
	repo.commit(mainPrinting("new"), "b100")
	exe, _ := fetch(t, query(t, with{"source": "git", "url": "file://" + filepath.ToSlash(repo.dir),
		"tag": `b(?P<version>\d+)`}))
	require.Equal(t, "100.0.0 new", run(t, exe))
}

func TestGitSource_buildsABranchOrACommit(t *testing.T) {
	t.Parallel()
	repo := newRepo(t, files{"go.mod": goMod})
	first := repo.commit(mainPrinting("first"), "v1.0.0")
	repo.git("checkout", "--quiet", "-b", "topic/näher;odd")
	second := repo.commit(mainPrinting("second"))

	q := query(t, with{"source": "git", "url": repo.dir, "ref": "topic/näher;odd"})
	req := request(t, q)
	require.Equal(t, "0.0.0-dev+g"+second[:7], req.Release.Version.String())
	require.Equal(t, second, req.Release.Revision)
	third := repo.commit(mainPrinting("third"))
	_, err := New().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, "0.0.0-dev+g"+second[:7]+" second", run(t, filepath.Join(req.Dir, "cpu-llm-worker-rbee"+exeSuffix())),
		"what was offered is built, though the branch went on")
	require.Equal(t, third, request(t, q).Release.Revision)

	exe, _ := fetch(t, query(t, with{"source": "git", "url": repo.dir, "ref": first, "version": "7.0.0"}))
	require.Equal(t, "7.0.0 first", run(t, exe))

	_, err = New().Resolve(t.Context(), query(t, with{"source": "git", "url": repo.dir, "ref": "nowhere"}))
	requireKind(t, provisioner.NotFound, err)
}

func TestGitSource_worksWithOtherBuilders(t *testing.T) {
	t.Parallel()
	skipOnWindows(t)
	repo := newRepo(t, files{".gitignore": "*.o\nworker\n"})
	repo.commit(files{"main.c": "int main(void) { return 0; }\n", "Makefile": "worker: main.o\n\t$(CC) -o $@ $^\n"},
		"v1.0.0")
	q := query(t, with{"source": "git", "url": repo.dir, "builder": "make", "targets": []string{"worker"}})
	fetch(t, q)
	object := filepath.Join(onlyWorkspace(t, q), sourceFolder, "main.o")
	before, err := os.Stat(object)
	require.NoError(t, err)
	repo.commit(files{"README": "more"}, "v1.1.0")
	writeTo(t, onlyWorkspace(t, q), files{sourceFolder + "/stray.c": "int stray;"})
	_, fetched := fetch(t, q)
	require.Equal(t, "refs/tags/v1.1.0", fetched.Details["ref"])
	after, err := os.Stat(object)
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime(), "main.c did not change")
	require.NoFileExists(t, filepath.Join(onlyWorkspace(t, q), sourceFolder, "stray.c"))
}

func TestGitSource_fetchesAgainAfterAKilledBuild(t *testing.T) {
	t.Parallel()
	repo := newRepo(t, files{"go.mod": goMod})
	repo.commit(mainPrinting("whole"), "v1.0.0")
	q := query(t, with{"source": "git", "url": repo.dir})
	fetch(t, q)
	src := filepath.Join(onlyWorkspace(t, q), sourceFolder)
	require.NoError(t, os.WriteFile(filepath.Join(src, ".git", "index.lock"), nil, 0o600))
	require.NoError(t, os.Remove(filepath.Join(src, "main.go")))
	exe, _ := fetch(t, q)
	require.Equal(t, "1.0.0 whole", run(t, exe))
}

func TestGitSource_runsNoHook(t *testing.T) {
	skipOnWindows(t)
	repo := newRepo(t, files{"go.mod": goMod})
	repo.commit(mainPrinting("x"), "v1.0.0")
	home, ran := t.TempDir(), filepath.Join(t.TempDir(), "ran")
	for _, hook := range []string{"post-checkout", "reference-transaction", "pre-auto-gc"} {
		file := filepath.Join(home, "hooks", hook)
		writeTo(t, home, files{"hooks/" + hook: "#!/bin/sh\ntouch " + ran + "\n"})
		require.NoError(t, os.Chmod(file, 0o755))
	}
	writeTo(t, home, files{".gitconfig": "[core]\n\thooksPath = " + home + "/hooks\n" +
		"\tfsmonitor = " + home + "/hooks/post-checkout\n"})
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, ".gitconfig"))
	fetch(t, query(t, with{"source": "git", "url": repo.dir}))
	fetch(t, query(t, with{"source": "dir", "dir": repo.dir}))
	require.NoFileExists(t, ran)
}

func TestGitSource_reportsTheKindOfFailure(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer refusing.Close()
	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "http://" + listener.Addr().String() + "/x"
	require.NoError(t, listener.Close())
	for url, want := range map[string]provisioner.Kind{
		t.TempDir():                           provisioner.BuildFailed,
		filepath.Join(t.TempDir(), "nowhere"): provisioner.BuildFailed,
		empty.URL + "/x":                      provisioner.BuildFailed,
		refusing.URL + "/x":                   provisioner.Unauthorized,
		nobody:                                provisioner.Unreachable,
	} {
		_, err := New().Resolve(t.Context(), query(t, with{"source": "git", "url": url}))
		requireKind(t, want, err)
		require.Contains(t, err.Error(), url)
	}
}

func TestGitSource_reportsAMissingSubmodule(t *testing.T) {
	t.Parallel()
	repo, _ := taggedRepo(t)
	gone := repo.git("config", "--file", ".gitmodules", "submodule.text.url")
	require.NoError(t, os.RemoveAll(gone))
	err := fails(t, query(t, with{"source": "git", "url": repo.dir}), provisioner.BuildFailed)
	require.Contains(t, err.Error(), "submodule")
	require.Contains(t, err.Error(), gone)
}

func TestGitSource_refusesASubmoduleThatRunsAProgram(t *testing.T) {
	t.Parallel()
	ran := filepath.Join(t.TempDir(), "ran")
	repo := newRepo(t, files{"go.mod": goMod,
		".gitmodules": "[submodule \"x\"]\n\tpath = x\n\turl = ext::touch " + ran + "\n"})
	commit := repo.commit(mainPrinting("x"))
	repo.git("update-index", "--add", "--cacheinfo", "160000,"+commit+",x")
	repo.git("commit", "--quiet", "--message", "link")
	repo.git("tag", "v1.0.0")
	err := fails(t, query(t, with{"source": "git", "url": repo.dir}), provisioner.BuildFailed)
	require.Contains(t, err.Error(), "'ext' not allowed")
	require.NoFileExists(t, ran)
}

func TestGitSource_reportsAMovedTag(t *testing.T) {
	t.Parallel()
	repo := newRepo(t, files{"go.mod": goMod})
	repo.commit(mainPrinting("x"), "v1.0.0")
	req := request(t, query(t, with{"source": "git", "url": repo.dir}))
	req.Release.Ref = "1234567890123456789012345678901234567890 refs/tags/v1.0.0"
	_, err := New().Fetch(t.Context(), req)
	requireKind(t, provisioner.NotFound, err)
	require.Contains(t, err.Error(), "no longer at commit 1234567890")
}
