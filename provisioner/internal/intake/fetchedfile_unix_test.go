//go:build unix

package intake

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// If a vendor puts a pipe in a file's place between two looks, the host must not wait for a writer.
func TestOpenFetched_doesNotWaitForAPipeInTheFilesPlace(t *testing.T) {
	dir := t.TempDir()
	file, pipe, path := filepath.Join(dir, "file"), filepath.Join(dir, "pipe"), filepath.Join(dir, "worker")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	require.NoError(t, syscall.Mkfifo(pipe, 0o644))
	require.NoError(t, os.Link(file, path))
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		for range 3000 {
			if f, err := openFetched(dir, "worker"); err == nil {
				_ = f.Close()
			}
		}
	}()
	for i := 0; ; i++ {
		select {
		case <-opened:
			return
		default:
			temp := filepath.Join(dir, "temp")
			require.NoError(t, os.Link([]string{pipe, file}[i%2], temp))
			require.NoError(t, os.Rename(temp, path))
			_ = os.Remove(temp) // a rename onto the same file does nothing
		}
	}
}
