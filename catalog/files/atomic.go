package files

import (
	"cmp"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteOptions are how an atomic write is done. The zero value writes a durable file with mode 0644.
type WriteOptions struct {
	Perm   fs.FileMode // less the umask; 0 means 0644
	NoSync bool        // skip fsync, for what may be lost in a crash
}

// WriteAtomic replaces the file name below root as a whole: readers see the old one or the new one, also after a crash. It
// writes a temporary file beside it, whose name begins with a dot and the file's own name.
func WriteAtomic(root *os.Root, name string, data []byte, opts WriteOptions) error {
	dir, base := filepath.Split(name)
	temp := dir + "." + base + "." + rand.Text()
	err := write(root, temp, data, opts)
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		_ = root.Remove(temp)
		return err
	}
	if opts.NoSync {
		return nil
	}
	return SyncFolder(filepath.Join(root.Name(), dir))
}

// WriteFile is WriteAtomic for a path. Its folder must exist.
func WriteFile(path string, data []byte, opts WriteOptions) error {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	return WriteAtomic(root, filepath.Base(path), data, opts)
}

func write(root *os.Root, name string, data []byte, opts WriteOptions) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, cmp.Or(opts.Perm, 0o644))
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && !opts.NoSync {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
