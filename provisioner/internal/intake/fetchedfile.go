package intake

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rbee-keeper/provision/provisioner"
)

// openFetched opens a file that a vendor named, if it is a regular file in the folder that the vendor was given. It
// does not wait for a writer if the vendor puts a pipe in the file's place meanwhile.
func openFetched(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name = filepath.FromSlash(name)
	if err := requireRegular(root.Lstat(name)); err != nil {
		return nil, notOpened(name, err)
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, notOpened(name, err)
	}
	if err := requireRegular(file.Stat()); err != nil {
		_ = file.Close()
		return nil, notOpened(name, err)
	}
	return file, nil
}

func requireRegular(info os.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	return err
}

func notOpened(name string, err error) error {
	return provisioner.Errorf(provisioner.PluginFault, "open the delivered file %q: %w", name, err)
}

// Snapshot is the state of the files that a vendor delivered, by their paths.
type Snapshot map[string]os.FileInfo

// TakeSnapshot looks at the files that a vendor delivered into dir, as far as they exist.
func TakeSnapshot(dir string, paths []string) Snapshot {
	files := Snapshot{}
	for _, name := range paths {
		if local := filepath.FromSlash(name); filepath.IsLocal(local) {
			if info, err := os.Lstat(filepath.Join(dir, local)); err == nil {
				files[name] = info
			}
		}
	}
	return files
}

// RequireUnchanged returns an error of kind PluginFault if a vendor changed a file between the snapshot s, taken when
// it reported the file as complete, and a later one. A change that is not visible here is caught by the digest.
func (s Snapshot) RequireUnchanged(later Snapshot) error {
	for name, before := range s {
		after, ok := later[name]
		if !ok || !os.SameFile(before, after) || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
			return provisioner.Errorf(provisioner.PluginFault, "%s was changed after the vendor had reported it as complete",
				name)
		}
	}
	return nil
}
