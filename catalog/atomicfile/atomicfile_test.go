package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
)

func TestWrite_replacesTheWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path, []byte("a longer text that was there before"), 0o600))
	require.NoError(t, atomicfile.Write(path, []byte("new"), atomicfile.Options{}))
	require.Equal(t, []string{"state.json"}, names(t, path))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new", string(data))
}

func TestWrite_setsTheMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits there")
	}
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, atomicfile.Write(path, nil, atomicfile.Options{Mode: 0o600, SkipSync: true}))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}

func TestStream_keepsTheOldFileWhenFillFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	cause := errors.New("source broke off")
	err := atomicfile.Stream(path, atomicfile.Options{Temp: "aside-*"}, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, cause)
	})
	require.ErrorIs(t, err, cause)
	require.Equal(t, []string{"state.json"}, names(t, path), "the temporary file is removed")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(data))
}

func TestWriteIn_staysBelowTheRoot(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer root.Close()
	require.NoError(t, root.Mkdir("entry", 0o755))
	require.NoError(t, atomicfile.WriteIn(root, filepath.Join("entry", "record"), []byte("x"), atomicfile.Options{}))
	require.Error(t, atomicfile.WriteIn(root, filepath.Join("..", "record"), []byte("x"), atomicfile.Options{}))
}

func names(t *testing.T, path string) (names []string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
