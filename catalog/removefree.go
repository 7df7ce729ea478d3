package catalog

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// removeIfFree deletes a lease's file if nobody holds it, and reports whether somebody does.
func removeIfFree(path string) (held bool) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	ok, err := lockFile(f)
	if err != nil || !ok {
		return true
	}
	if isAt(path, f) { // else it was removed since it was opened, and what is there now may be held: a gate has always the same name
		_ = os.Remove(path) // on Windows an open file stays; it is free all the same
	}
	_ = os.Remove(filepath.Dir(path)) // if it was the last
	return false
}
