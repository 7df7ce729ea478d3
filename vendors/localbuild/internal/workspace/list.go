package workspace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// maxFiles bounds a source: more are a folder that was named by mistake, such as a home.
const MaxFiles = 200_000

func TooManyFiles(dir string) error {
	return provisioner.Errorf(provisioner.BuildFailed, "list %s: it holds more than %d files", dir, MaxFiles).
		WithHint("name the folder of the source alone, or have .gitignore leave out what is none")
}

// walkSource lists the files below root, as slash-separated paths in order, without what builds usually leave there.
func List(ctx context.Context, root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return failure.Stopped(ctx)
		case errors.Is(err, fs.ErrNotExist) && file != root:
			return nil // it is gone
		case err != nil:
			return err
		case d.IsDir() && file != root && isBuildFolder(file):
			return fs.SkipDir
		case d.IsDir() || isLeftover(d.Name()):
			return nil
		case len(files) == MaxFiles:
			return TooManyFiles(root)
		}
		relative, err := filepath.Rel(root, file)
		files = append(files, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		return nil, failure.Wrap(provisioner.BuildFailed, "list source", err)
	}
	slices.Sort(files)
	return files, nil
}

// isBuildFolder reports whether a folder holds what was made, or what is not of the source.
func isBuildFolder(dir string) bool {
	beside := func(name string) bool {
		_, err := os.Stat(filepath.Join(filepath.Dir(dir), name))
		return err == nil
	}
	within := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	switch name := filepath.Base(dir); name {
	case ".git", ".hg", ".svn", ".jj", "node_modules", "__pycache__", "CMakeFiles":
		return true
	case "target":
		return beside("Cargo.toml")
	default:
		return within("CMakeCache.txt") || within("CACHEDIR.TAG")
	}
}

func isLeftover(name string) bool {
	return slices.Contains([]string{".o", ".obj", ".pyc", ".swp"}, strings.ToLower(path.Ext(name))) || name == ".DS_Store"
}
