package localbuild

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func revisionOf(t *testing.T, dir string) string {
	t.Helper()
	return request(t, query(t, with{"source": "dir", "dir": dir})).Release.Revision
}

func TestDirSource_revisionFollowsTheContent(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, files{"a": "1", "b/c": "2", "empty": ""})
	first := revisionOf(t, dir)
	same := writeModule(t, files{"empty": "", "b/c": "2", "a": "1"})
	require.Equal(t, first, revisionOf(t, same), "neither time nor place counts")

	for what, change := range map[string]func(){
		"content": func() { writeTo(t, dir, files{"b/c": "3"}) },
		"name":    func() { require.NoError(t, os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "z"))) },
		"removal": func() { require.NoError(t, os.Remove(filepath.Join(dir, "empty"))) },
		"mode": func() {
			if runtime.GOOS == "windows" {
				writeTo(t, dir, files{"more": ""})
			}
			require.NoError(t, os.Chmod(filepath.Join(dir, "b", "c"), 0o755))
		},
	} {
		before := revisionOf(t, dir)
		change()
		require.NotEqual(t, before, revisionOf(t, dir), what)
	}
}

func TestDirSource_ignoresOutputsOfBuilds(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, files{"Cargo.toml": "", "src/main.c": "x"})
	before := revisionOf(t, dir)
	writeTo(t, dir, files{
		"target/debug/worker": "x", "src/main.o": "x", "out/CMakeCache.txt": "x", "out/worker": "x",
		"node_modules/x/y.js": "x",
	})
	require.Equal(t, before, revisionOf(t, dir))
	writeTo(t, dir, files{"src/target/x": "source, as no Cargo.toml is beside it"})
	require.NotEqual(t, before, revisionOf(t, dir))
}

func TestDirSource_listsWhatGitLists(t *testing.T) {
	t.Parallel()
	repo := newRepo(t, files{"go.mod": goMod, ".gitignore": "*.bin\n", "kept.o": "a library"})
	repo.commit(nil, "v1.0.0")
	before := revisionOf(t, repo.dir)
	writeTo(t, repo.dir, files{"model.bin": "x"})
	require.Equal(t, before, revisionOf(t, repo.dir), "it is ignored")
	writeTo(t, repo.dir, files{"new": "x"})
	added := revisionOf(t, repo.dir)
	require.NotEqual(t, before, added, "it is not committed, and counts")
	repo.commit(nil)
	require.Equal(t, added, revisionOf(t, repo.dir), "a commit changes no file")
	require.NoError(t, os.Remove(filepath.Join(repo.dir, "kept.o")))
	require.NotEqual(t, added, revisionOf(t, repo.dir), "git still lists it")
}

func TestDirSource_listsAllOfAnIgnoredFolder(t *testing.T) {
	t.Parallel()
	repo := newRepo(t, files{".gitignore": "private/\n"})
	repo.commit(nil)
	dir := filepath.Join(repo.dir, "private")
	writeTo(t, repo.dir, files{"private/go.mod": goMod})
	writeTo(t, dir, mainPrinting("old"))
	before := revisionOf(t, dir)
	writeTo(t, dir, mainPrinting("new"))
	require.NotEqual(t, before, revisionOf(t, dir))
}

func TestDirSource_includesSubmodules(t *testing.T) {
	t.Parallel()
	library := newRepo(t, files{"x": "1"})
	library.commit(nil)
	repo := newRepo(t, files{"go.mod": goMod})
	repo.git("submodule", "--quiet", "add", library.dir, "library")
	repo.commit(nil)
	before := revisionOf(t, repo.dir)
	writeTo(t, repo.dir, files{"library/x": "2"})
	require.NotEqual(t, before, revisionOf(t, repo.dir))
}

func TestDirSource_buildsTheCurrentState(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, mainPrinting("old"))
	q := query(t, with{"source": "dir", "dir": dir, "version": "1.0.0"})
	req := request(t, q)
	writeTo(t, dir, mainPrinting("new"))
	var told []string
	req.OnProgress = func(p provisioner.Progress) { told = append(told, p.Message) }
	fetched, err := New().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, "1.0.0 new", run(t, filepath.Join(req.Dir, fetched.Files[0])))
	require.NotEqual(t, req.Release.Revision, fetched.Details["revision"])
	require.Equal(t, request(t, q).Release.Revision, fetched.Details["revision"])
	require.Contains(t, told, dir+" changed since it was resolved; its current state is built")
}

func TestDirSource_refusesAChangeDuringTheBuild(t *testing.T) {
	t.Parallel()
	skipOnWindows(t)
	dir := writeModule(t, mainPrinting(t.TempDir())) // nobody compiled it before
	writeTo(t, dir, files{"data.txt": "1"})
	q := query(t, with{"source": "dir", "dir": dir})
	req := request(t, q)
	req.OnProgress = func(p provisioner.Progress) {
		if p.File != "" { // a package is compiled
			writeTo(t, dir, files{"data.txt": "2"})
		}
	}
	_, err := New().Fetch(t.Context(), req)
	requireKind(t, provisioner.BuildFailed, err)
	require.Contains(t, err.Error(), filepath.Join(dir, "data.txt")+" changed while it was built")
	require.Empty(t, namesIn(t, req.Dir))
}

func TestDirSource_ignoresAChangeDuringABuildOfACopy(t *testing.T) {
	t.Parallel()
	dir := write(t, files{"source": "old"})
	q := played(t, "change "+filepath.Join(dir, "source"), with{"dir": dir})
	req := request(t, q)
	fetched, err := New().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, req.Release.Revision, fetched.Details["revision"], "what was copied is what was built")
	require.NotEqual(t, req.Release.Revision, request(t, q).Release.Revision)
}
