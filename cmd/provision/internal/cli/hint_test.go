package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

func TestMachineHint_recommendsAnotherCacheFolderOnlyIfThisOneCannotBeWritten(t *testing.T) {
	t.Parallel()
	above := t.TempDir()
	s := &Session{CacheDir: filepath.Join(above, "cache", "rbee")}
	failed := func(op, path string, errno syscall.Errno) error {
		return fmt.Errorf("do it: %w", &fs.PathError{Op: op, Path: path, Err: errno})
	}
	inside, outside := filepath.Join(s.CacheDir, "locks", "x"), filepath.Join(above, "other", "x")
	for _, err := range []error{
		failed("open", inside, syscall.EACCES), failed("mkdir", s.CacheDir, syscall.EROFS),
		failed("mkdir", filepath.Dir(s.CacheDir), syscall.EACCES),
		failed("write", inside, syscall.ENOSPC), failed("openat", "metadata.json", syscall.EACCES),
		failed("mkdir", s.CacheDir, syscall.ENOTDIR),
		fmt.Errorf("fetch: %w", syscall.ENOSPC),
	} {
		require.Contains(t, s.machineHint(err), "--cache-dir", "%v", err)
	}
	for _, err := range []error{
		failed("open", outside, syscall.EACCES), failed("open", "relative", syscall.EACCES),
		failed("stat", inside, syscall.EACCES),
		&catalog.RecordError{Dir: inside, Err: failed("openat", "metadata.json", syscall.EACCES)}, errors.New("no"),
	} {
		require.Empty(t, s.machineHint(err), "%v", err)
	}
	require.Equal(
		t,
		"free some space there, or choose another folder",
		s.machineHint(failed("write", outside, syscall.ENOSPC)),
	)
}
