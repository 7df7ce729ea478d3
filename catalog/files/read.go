package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
)

// Read reads a regular file of at most limit bytes. It opens the file before it examines it, with as few system calls
// as possible: records are read by the thousand.
func Read(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|openWithoutWaiting, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", filepath.Base(name))
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", filepath.Base(name), limit)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil { // also if it was truncated meanwhile
		return nil, fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	return data, nil
}

// SyncTree makes every file and folder below dir durable.
func SyncTree(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return atomicfile.SyncFolder(filepath.Join(dir, name))
		case entry.Type().IsRegular():
			return syncRegular(root, name)
		case entry.Type() == fs.ModeSymlink:
			return nil // it is a part of its folder
		default:
			return fmt.Errorf("sync %s: neither file, folder nor link", name)
		}
	})
}

func syncRegular(root *os.Root, name string) error {
	flag := os.O_RDONLY
	if runtime.GOOS == "windows" {
		flag = os.O_RDWR // FlushFileBuffers needs write access
	}
	f, err := root.OpenFile(name, flag, 0)
	if runtime.GOOS == "windows" && errors.Is(err, fs.ErrPermission) {
		return nil // a read-only file can't be flushed there
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// MakeFolder creates a folder and its parents, and makes them durable: otherwise a crash could remove the folder of a
// durable entry.
func MakeFolder(dir string) error {
	if Exists(dir) {
		return nil
	}
	if err := MakeFolder(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return atomicfile.SyncFolder(filepath.Dir(dir))
}

// Exists reports whether anything, perhaps a dangling link, has this name.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
