package toolrun

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIsWritable_needsAWritableAbsoluteFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	require.False(t, IsWritable(file), "it is a file")
	require.False(t, IsWritable(filepath.Join(file, "below")))
	require.False(t, IsWritable("relative"))
	require.True(t, IsWritable(filepath.Join(t.TempDir(), "new")))
}
