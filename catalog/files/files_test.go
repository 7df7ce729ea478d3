package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog/files"
)

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
