package workspace

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// files are the contents of a folder, by path.
type files map[string]string

// write makes a new folder with these files.
func write(t *testing.T, content files) string {
	t.Helper()
	dir := t.TempDir()
	writeTo(t, dir, content)
	return dir
}

func writeTo(t *testing.T, dir string, content files) {
	t.Helper()
	for name, text := range content {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

func TestMirror_copiesOnlyChanges(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no file modes for programs")
	}
	from, to := write(t, files{"same": "1", "changed": "1", "gone": "1", "file": "1",
		"dir/x": "1"}), filepath.Join(t.TempDir(), "copy")
	outside := write(t, files{"precious": "1"})
	require.NoError(t, os.Symlink(outside, filepath.Join(from, "link")))
	copyNow := func() Fingerprints {
		list, err := List(t.Context(), from)
		require.NoError(t, err)
		sums, err := Mirror(t.Context(), from, list, to)
		require.NoError(t, err)
		want, err := Fingerprint(t.Context(), from, list)
		require.NoError(t, err)
		require.Equal(t, want, sums)
		have, err := Fingerprint(t.Context(), to, list)
		require.NoError(t, err)
		require.Equal(t, want, have)
		return sums
	}
	copyNow()
	long := time.Now().Add(-time.Hour)
	for _, name := range []string{"same", "changed"} {
		require.NoError(t, os.Chtimes(filepath.Join(from, name), long, long))
	}
	untouched, err := os.Stat(filepath.Join(to, "same"))
	require.NoError(t, err)

	writeTo(t, to, files{"made.o": "1"})
	for _, name := range []string{"gone", "file", "link"} {
		require.NoError(t, os.Remove(filepath.Join(from, name)))
	}
	require.NoError(t, os.RemoveAll(filepath.Join(from, "dir")))
	writeTo(t, from, files{"changed": "2", "file/now": "a folder", "dir": "now a file", "link/precious": "2"})
	require.NoError(t, os.Chmod(filepath.Join(from, "changed"), 0o755))
	copyNow()
	still, err := os.Stat(filepath.Join(to, "same"))
	require.NoError(t, err)
	require.Equal(t, untouched.ModTime(), still.ModTime(), "what did not change is not written")
	require.NoFileExists(t, filepath.Join(to, "gone"))
	require.FileExists(t, filepath.Join(to, "made.o"), "what a build made stays")
	precious, err := os.ReadFile(filepath.Join(outside, "precious"))
	require.NoError(t, err)
	require.Equal(t, "1", string(precious), "nothing is written through a link that was in the copy")

	writeTo(t, to, files{"changed": "by the build"})
	copyNow()
	require.NoError(t, os.Remove(to+manifestName))
	copyNow()
	require.NoFileExists(t, filepath.Join(to, "made.o"), "an interrupted copy is begun anew")
}
