package cli

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

// machineHint returns what the user can do about a full disk or a folder that can't be written to; empty for other
// errors. It recommends another cache folder only if this one could not be written to.
func (s *Session) machineHint(err error) string {
	isCache := s.isOfCache(err)
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

// isOfCache reports whether an error is about a file in the cache folder, or about a parent of that folder, which is
// made with it. An error that names no file counts too.
func (s *Session) isOfCache(err error) bool {
	home, homeErr := catalog.Home(s.CacheDir)
	if homeErr != nil {
		return false
	}
	op, path := failedFile(err)
	if path == "" || !filepath.IsAbs(path) && strings.HasSuffix(op, "at") { // in an os.Root, as only entries are opened
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

// readingOps are the names of operations that write nothing, as the os package reports them.
var readingOps = strings.Fields("read readdirent readlink readlinkat stat lstat statat lstatat fork/exec")

// isOfReading reports whether an error is that something could not be read. An error of "open" does not say what for:
// it counts if this user may not read the file.
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

// failedFile returns the operation that failed, as the os package names it, and the path of the file. Both may be
// empty.
func failedFile(err error) (op, path string) {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Op, e.Path
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Op, e.New
	}
	return "", ""
}
