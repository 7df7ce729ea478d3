package localbuild

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestTwoBuildsOfTheSameDoNotGetIntoEachOthersWay(t *testing.T) {
	t.Parallel()
	skipOnWindows(t)
	dir := cFolder(t)
	q := query(t, with{"source": "dir", "dir": dir, "builder": "make", "targets": []string{"worker"},
		"variables": with{"VERSION": "1"}})
	first, second := request(t, q), request(t, q)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, req := range []provisioner.FetchRequest{first, second} {
		wg.Go(func() { _, errs[i] = New().Fetch(t.Context(), req) })
	}
	wg.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	name := "cpu-llm-worker-rbee"
	require.Equal(t, "made 1", run(t, filepath.Join(first.Dir, name)))
	require.Equal(t, sum(t, filepath.Join(first.Dir, name)), sum(t, filepath.Join(second.Dir, name)))
}

func TestWaitingForAnotherBuildCanBeCancelled(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	held, err := openWorkspace(t.Context(), cache, "key", func() {})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = openWorkspace(ctx, cache, "key", cancel)
	requireKind(t, provisioner.Cancelled, err)
	held.close(true)
	free, err := openWorkspace(t.Context(), cache, "key", func() { t.Error("nobody holds it") })
	require.NoError(t, err)
	free.close(false)
	require.NoDirExists(t, free.dir)
}

func TestTheLeastRecentlyUsedWorkspacesAreDropped(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	dir := filepath.Join(cache, workspaces)
	for i, key := range []string{"oldest", "used", "old", "new"} {
		w, err := openWorkspace(t.Context(), cache, key, nil)
		require.NoError(t, err)
		writeTo(t, w.dir, files{"object": "0123456789"})
		w.close(true)
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		require.NoError(t, os.Chtimes(w.sizeFile(), at, at))
	}
	w, err := openWorkspace(t.Context(), cache, "used", nil)
	require.NoError(t, err)
	defer w.close(true)
	dropWorkspaces(dir, "new", 40)
	require.DirExists(t, filepath.Join(dir, "oldest"), "there is room for all")
	dropWorkspaces(dir, "new", 20)
	require.NoDirExists(t, filepath.Join(dir, "oldest"))
	require.NoDirExists(t, filepath.Join(dir, "old"))
	require.DirExists(t, filepath.Join(dir, "used"), "a build works there")
	require.DirExists(t, filepath.Join(dir, "new"))
	dropWorkspaces(dir, "new", 0)
	require.DirExists(t, filepath.Join(dir, "new"), "it was used just now")
}
