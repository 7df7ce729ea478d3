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

// MaxFiles is the limit for a source. A larger folder was probably named by mistake, for example a home folder.
const MaxFiles = 200_000

func TooManyFiles(dir string) error {
	return provisioner.Errorf(provisioner.BuildFailed, "list %s: it holds more than %d files", dir, MaxFiles).
		WithHint("name only the folder of the source, or exclude other files with .gitignore")
}

// List lists the files below root as sorted slash-separated paths, without usual outputs of builds.
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

// isBuildFolder reports whether a folder holds build output or version control data.
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
