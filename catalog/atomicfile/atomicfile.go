// Package atomicfile writes whole files: a reader sees the old file or the new one and never a part, also after a
// crash.
//
// It writes a temporary file in the same folder, flushes it, renames it over the old one and flushes the folder. It
// does not lock: of two writers at once, the one that renames last wins. A crash may leave the temporary file behind.
package atomicfile

import (
	"cmp"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Options change how a file is written. The zero value makes a durable file of mode 0644 by way of a hidden temporary
// file.
type Options struct {
	// Mode is the permission of the file, also where it replaces one of another mode; 0 means 0644. The umask applies.
	Mode fs.FileMode
	// Temp names the temporary file; its "*" is replaced by a random text. Empty means ".<name of the file>.*".
	Temp string
	// SkipSync leaves the flushing to the system: faster, but after a crash the file may be empty. It is for caches.
	SkipSync bool
}

// Write writes data to the file at path, whose folder must exist.
func Write(path string, data []byte, o Options) error {
	return Stream(path, o, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Stream writes what fill writes to the file at path. An error of fill is returned as it is, and the old file stays.
func Stream(path string, o Options, fill func(io.Writer) error) error {
	dir, base := filepath.Split(path)
	root, err := os.OpenRoot(cmp.Or(dir, "."))
	if err != nil {
		return err
	}
	defer root.Close()
	return stream(root, base, o, fill)
}

// WriteIn is Write for a file below root; name is relative to it.
func WriteIn(root *os.Root, name string, data []byte, o Options) error {
	return stream(root, name, o, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func stream(root *os.Root, name string, o Options, fill func(io.Writer) error) error {
	dir, base := filepath.Split(name)
	temp := dir + strings.Replace(cmp.Or(o.Temp, "."+base+".*"), "*", rand.Text(), 1)
	err := writeTemp(root, temp, o, fill)
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		_ = root.Remove(temp)
		return err
	}
	if o.SkipSync {
		return nil
	}
	return SyncFolder(filepath.Join(root.Name(), dir))
}

func writeTemp(root *os.Root, name string, o Options, fill func(io.Writer) error) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, cmp.Or(o.Mode, 0o644))
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil && !o.SkipSync {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// SyncFolder makes the names in a folder durable, where the platform and the file system can. Its errors are those of
// opening and of flushing the folder.
func SyncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
