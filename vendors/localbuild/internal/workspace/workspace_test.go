package workspace

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestOpen_canBeCancelledWhileItWaits(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	held, err := Open(t.Context(), cache, "key", func() {})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Open(ctx, cache, "key", cancel)
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(err))
	held.Close(true)
	free, err := Open(t.Context(), cache, "key", func() { t.Error("nobody holds it") })
	require.NoError(t, err)
	free.Close(false)
	require.NoDirExists(t, free.Dir)
}

func TestRemoveLeastUsed_skipsLockedAndKeptWorkspaces(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	dir := filepath.Join(cache, Folder)
	for i, key := range []string{"oldest", "used", "old", "new"} {
		w, err := Open(t.Context(), cache, key, nil)
		require.NoError(t, err)
		writeTo(t, w.Dir, files{"object": "0123456789"})
		w.Close(true)
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		require.NoError(t, os.Chtimes(w.sizeFile(), at, at))
	}
	w, err := Open(t.Context(), cache, "used", nil)
	require.NoError(t, err)
	defer w.Close(true)
	removeLeastUsed(dir, "new", 40)
	require.DirExists(t, filepath.Join(dir, "oldest"), "there is room for all")
	removeLeastUsed(dir, "new", 20)
	require.NoDirExists(t, filepath.Join(dir, "oldest"))
	require.NoDirExists(t, filepath.Join(dir, "old"))
	require.DirExists(t, filepath.Join(dir, "used"), "a build works there")
	require.DirExists(t, filepath.Join(dir, "new"))
	removeLeastUsed(dir, "new", 0)
	require.DirExists(t, filepath.Join(dir, "new"), "it was used just now")
}
