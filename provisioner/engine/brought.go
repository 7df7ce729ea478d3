package engine

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rbee-keeper/provision/provisioner"
)

// openBrought opens a file that a vendor named, as long as it is a regular file in the folder that it was given. It does not wait
// for who writes to a pipe that the vendor puts in its place meanwhile.
func openBrought(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name = filepath.FromSlash(name)
	if err := mustBeRegular(root.Lstat(name)); err != nil {
		return nil, notOpened(name, err)
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, notOpened(name, err)
	}
	if err := mustBeRegular(file.Stat()); err != nil {
		_ = file.Close()
		return nil, notOpened(name, err)
	}
	return file, nil
}

// lookAtBrought tells by name what the files are that a vendor named, as far as they are there.
func lookAtBrought(dir string, names []string) map[string]os.FileInfo {
	files := map[string]os.FileInfo{}
	for _, name := range names {
		if local := filepath.FromSlash(name); filepath.IsLocal(local) {
			if info, err := os.Lstat(filepath.Join(dir, local)); err == nil {
				files[name] = info
			}
		}
	}
	return files
}

// mustBeUntouched returns an error of kind PluginFault if a vendor went on with a file after it had said that it was brought. A
// change that is not seen here is caught by the digest.
func mustBeUntouched(before, after map[string]os.FileInfo) error {
	for name, was := range before {
		is, ok := after[name]
		if !ok || !os.SameFile(was, is) || is.Size() != was.Size() || !is.ModTime().Equal(was.ModTime()) {
			return provisioner.Errorf(provisioner.PluginFault, "%s was changed after the vendor had said that it was brought", name)
		}
	}
	return nil
}

func mustBeRegular(info os.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	return err
}

func notOpened(name string, err error) error {
	return provisioner.Errorf(provisioner.PluginFault, "open the file %q that was brought: %w", name, err)
}
