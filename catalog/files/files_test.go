package files_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog/files"
)

func TestWriteFile_replacesTheWholeFileAndLeavesNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record.json")
	require.NoError(t, files.WriteFile(path, []byte("a longer text"), files.WriteOptions{}))
	before, err := os.Open(path)
	require.NoError(t, err)
	defer before.Close()
	require.NoError(t, files.WriteFile(path, []byte("short"), files.WriteOptions{Perm: 0o600, NoSync: true}))

	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "short", string(data))
	old := make([]byte, 100)
	n, err := before.Read(old)
	require.NoError(t, err)
	require.Equal(t, "a longer text", string(old[:n]), "a reader keeps what it opened")
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
	}
	names, err := files.Names(filepath.Dir(path))
	require.NoError(t, err)
	require.Equal(t, []string{"record.json"}, names)
}

func TestWriteFile_failedWriteKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "folder")
	require.NoError(t, os.MkdirAll(filepath.Join(path, "in the way"), 0o755))
	require.Error(t, files.WriteFile(path, []byte("x"), files.WriteOptions{}))
	names, err := files.Names(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"folder"}, names)
}

func TestRead_refusesWhatIsTooLargeOrNotAFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), []byte("12345"), 0o644))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	data, err := files.Read(root, "file", 5)
	require.NoError(t, err)
	require.Equal(t, "12345", string(data))
	_, err = files.Read(root, "file", 4)
	require.EqualError(t, err, "file is larger than 4 bytes")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o755))
	_, err = files.Read(root, "folder", 100)
	require.Error(t, err)
}

func TestRemoveTree_removesReadOnlyFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tree")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", "b", "f"), []byte("1234"), 0o644))
	size, err := files.TreeSize(dir)
	require.NoError(t, err)
	require.EqualValues(t, 4, size)
	require.NoError(t, os.Chmod(filepath.Join(dir, "a", "b"), 0o555))
	require.NoError(t, files.RemoveTree(dir))
	require.False(t, files.Exists(dir))
}
