package machine

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// aTree is a machine's files in a temporary folder: those of testdata/NAME.txtar, or none.
func aTree(t *testing.T, name string) finder {
	t.Helper()
	f := finder{tree: tree(t.TempDir()), os: "linux", arch: runtime.GOARCH}
	if name == "" {
		return f
	}
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	require.NoError(t, err)
	for _, file := range archive.Files {
		if runtime.GOOS == "windows" && filepath.Base(filepath.Dir(filepath.Dir(file.Name))) == "gpus" {
			t.Skip("the addresses of GPUs are no names for files of Windows")
		}
		f.write(t, "/"+file.Name, string(file.Data))
	}
	return f
}

// write makes a file that may be run. No process is forked meanwhile, as it would hold the file open, and so keep it
// from running.
func (f finder) write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	require.NoError(t, os.WriteFile(f.path(name), []byte(content), 0o755))
}

// link makes name lead to target.
func (f finder) link(t *testing.T, name, target string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("making links takes a privilege on Windows")
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	require.NoError(t, os.Symlink(target, f.path(name)))
}

func TestTree_followsNoLinkToTheOutside(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	f.write(t, "/usr/share/name", "inside")
	f.link(t, "/lib", "usr/lib")
	f.link(t, "/usr/lib/absolute", "/usr/share/name")
	f.link(t, "/usr/lib/relative", "../../../../../../../usr/share/name")
	f.link(t, "/usr/lib/chain", "absolute")
	f.link(t, "/loop", "/loop")
	for _, name := range []string{"/lib/absolute", "/lib/relative", "/lib/chain", "/lib/../share/name"} {
		require.Equal(t, "/usr/share/name", f.resolve(name), name)
		require.Equal(t, "inside", f.text(name))
	}
	require.Empty(t, f.text("/loop"))
	require.Equal(t, "/usr/lib/missing/file", f.resolve("/lib/missing/file"))
}

func TestTree_readsOnlyTheBeginningOfALongFile(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	f.write(t, "/long", string(make([]byte, 2*maxText)))
	require.Len(t, f.text("/long"), maxText)
}
