package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// TreeSize adds up the sizes of the regular files below a folder, in bytes. Files that disappear meanwhile do not
// count.
func TreeSize(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			if name == dir { // only the folder itself must exist
				return err
			}
			return IgnoreAbsent(err)
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return IgnoreAbsent(err)
	})
	return bytes, err
}

// RemoveTree deletes a folder with everything in it, even if folders in it are read-only, as in Go's module cache.
func RemoveTree(dir string) error {
	err := os.RemoveAll(dir)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, _ error) error {
		if entry != nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}

// IgnoreAbsent returns nil if err says that a file does not exist, and err otherwise.
func IgnoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Newest returns when a folder or anything below it was last changed.
func Newest(dir string) (newest time.Time, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		return nil
	})
	return newest, err
}

// Names lists the names in a folder, in alphabetical order; none if the folder does not exist.
func Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}
