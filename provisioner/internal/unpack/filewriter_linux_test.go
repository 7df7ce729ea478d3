package unpack

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestFileWriter_writesAllOfALargeFile(t *testing.T) {
	for name, dir := range map[string]string{"disk": t.TempDir(), "memory": "/dev/shm"} {
		for _, size := range []int{
			0, 1, buffered, buffered + 1, buffered + 3*1<<20, buffered + 3*1<<20 + directBlock + 7,
		} {
			content := make([]byte, size)
			_, _ = rand.NewChaCha8([32]byte{}).Read(content)
			f, err := os.CreateTemp(dir, "large")
			require.NoError(t, err, name)
			defer os.Remove(f.Name())
			w := newFileWriter(f)
			for rest := content; len(rest) > 0; {
				n, err := w.Write(rest[:min(1<<20, len(rest))])
				require.NoError(t, err, name)
				rest = rest[n:]
			}
			require.NoError(t, f.Close())
			written, err := os.ReadFile(f.Name())
			require.NoError(t, err)
			require.True(t, bytes.Equal(content, written), "%s: %d bytes", name, size)
		}
	}
}

// TestALargeFileGoesAroundThePageCache holds only where the file system can do that.
func TestFileWriter_bypassesThePageCacheForALargeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|unix.O_DIRECT, 0o600)
	if errors.Is(err, unix.EINVAL) {
		t.Skip("this file system can't")
	}
	require.NoError(t, err)
	require.NoError(t, f.Close())
	f, err = os.OpenFile(path, os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer f.Close()
	w := newFileWriter(f)
	block := make([]byte, 1<<20)
	for range buffered / len(block) {
		_, err := w.Write(block)
		require.NoError(t, err)
	}
	require.False(t, w.isDirect)
	_, err = w.Write(block)
	require.NoError(t, err)
	require.True(t, w.isDirect)
	_, err = w.Write(block[1 : 1+directBlock]) // what is not aligned in memory is refused, and written as ever
	require.NoError(t, err)
	_, err = w.Write(block[:7])
	require.NoError(t, err)
	require.False(t, w.isDirect)
	info, err := f.Stat()
	require.NoError(t, err)
	require.EqualValues(t, buffered+len(block)+directBlock+7, info.Size())
}
