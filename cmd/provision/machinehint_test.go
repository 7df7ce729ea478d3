package main

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

func TestAnotherCacheFolderIsAdvisedOnlyWhereThisOneCanNotBeWritten(t *testing.T) {
	t.Parallel()
	above := t.TempDir()
	a := &app{cacheDir: filepath.Join(above, "cache", "rbee")}
	failed := func(op, path string, errno syscall.Errno) error {
		return fmt.Errorf("do it: %w", &fs.PathError{Op: op, Path: path, Err: errno})
	}
	inside, outside := filepath.Join(a.cacheDir, "locks", "x"), filepath.Join(above, "other", "x")
	for _, err := range []error{
		failed("open", inside, syscall.EACCES), failed("mkdir", a.cacheDir, syscall.EROFS), failed("mkdir", filepath.Dir(a.cacheDir), syscall.EACCES),
		failed("write", inside, syscall.ENOSPC), failed("openat", "metadata.json", syscall.EACCES), failed("mkdir", a.cacheDir, syscall.ENOTDIR),
		fmt.Errorf("fetch: %w", syscall.ENOSPC),
	} {
		require.Contains(t, a.hintOfMachine(err), "--cache-dir", "%v", err)
	}
	for _, err := range []error{
		failed("open", outside, syscall.EACCES), failed("open", "relative", syscall.EACCES), failed("stat", inside, syscall.EACCES),
		&catalog.RecordError{Dir: inside, Err: failed("openat", "metadata.json", syscall.EACCES)}, errors.New("no"),
	} {
		require.Empty(t, a.hintOfMachine(err), "%v", err)
	}
	require.Equal(t, "free some space there, or choose another folder", a.hintOfMachine(failed("write", outside, syscall.ENOSPC)))
}
