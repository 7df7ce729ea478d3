package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/rbee-keeper/provision/catalog"
)

// hintOfMachine tells what to do about a failure of this machine; empty where nothing is known. Another cache folder is advised only
// where this one could not be written to.
func (a *app) hintOfMachine(err error) string {
	isCache := a.isOfCache(err)
	switch {
	case errors.Is(err, syscall.ENOSPC) && !isCache:
		return "free some space there, or choose another folder"
	case !isCache || isOfReading(err):
		return ""
	case errors.Is(err, syscall.ENOSPC):
		return "free some space, or choose another folder with --cache-dir or RBEE_CACHE_DIR"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "let this user write there, or choose another folder with --cache-dir or RBEE_CACHE_DIR"
	case errors.Is(err, syscall.ENOTDIR):
		return "choose a folder with --cache-dir or RBEE_CACHE_DIR"
	default:
		return ""
	}
}

// isOfCache reports whether a failure is that of a file in the cache folder, or of a folder that this is in and is made with it. One
// that names no file counts as such.
func (a *app) isOfCache(err error) bool {
	home, homeErr := catalog.Home(a.cacheDir)
	if homeErr != nil {
		return false
	}
	op, path := failedFile(err)
	if path == "" || !filepath.IsAbs(path) && strings.HasSuffix(op, "at") { // of an os.Root, which only entries are opened as
		return true
	}
	if path, err = filepath.Abs(path); err != nil {
		return false
	}
	return isWithin(home, path) || isWithin(path, home)
}

func isWithin(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// readingOps are what the os package calls that which writes nothing.
var readingOps = []string{"read", "readdirent", "readlink", "readlinkat", "stat", "lstat", "statat", "lstatat", "fork/exec"}

// isOfReading reports whether a failure is that something could not be read. What an opening was for is not told: where this user
// may not read the file, it is taken for that.
func isOfReading(err error) bool {
	if _, ok := errors.AsType[*catalog.RecordError](err); ok {
		return true
	}
	op, path := failedFile(err)
	if op != "open" {
		return slices.Contains(readingOps, op)
	}
	if _, err := os.Lstat(path); err != nil {
		return false
	}
	f, err := os.Open(path)
	if err == nil {
		_ = f.Close()
	}
	return errors.Is(err, fs.ErrPermission)
}

// failedFile is what failed, in the words of the os package, and the file that it failed at; empty where that is not told.
func failedFile(err error) (op, path string) {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Op, e.Path
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Op, e.New
	}
	return "", ""
}
