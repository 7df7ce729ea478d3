package catalog

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// lockedFile is a lock on a file that is there only while it is locked, but on Windows, where it stays.
//
// gofrs/flock takes it by flock(2) on Linux and macOS, and by LockFileEx on Windows. Both belong to an open file and are the
// kernel's, which ends them when the last descriptor of it is closed, and so with a process that was killed; of Windows it is only
// said that this may take a moment. On a network's file system they are as good as its server is.
type lockedFile struct {
	path string
	file *flock.Flock
}

// tryLockFile returns nil if another has the file at path locked.
func tryLockFile(path string) (*lockedFile, error) {
	for {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		// A Flock of its own for each try: flock(2) belongs to an open file, so it excludes the goroutines of one process too.
		l := &lockedFile{path: path, file: flock.New(path)}
		ok, err := l.file.TryLock()
		switch {
		case errors.Is(err, fs.ErrNotExist): // the folder was empty, and was removed
			continue
		case err != nil || !ok:
			return nil, err
		case isAt(path, l.file):
			return l, nil
		}
		// Its last holder removed the file between our opening and locking it.
		if err := l.file.Unlock(); err != nil {
			return nil, err
		}
	}
}

// isAt reports whether an open file is the one that others find at a path.
func isAt(path string, file interface{ Stat() (fs.FileInfo, error) }) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(ours, there)
}

// unlock removes the file and ends the lock, also where a child that is just being started has a copy of the open file.
func (l *lockedFile) unlock() error {
	var err error
	if isAt(l.path, l.file) {
		err = os.Remove(l.path) // while locked, so that nobody else's is removed
	}
	if runtime.GOOS == "windows" || errors.Is(err, fs.ErrNotExist) {
		err = nil // Windows removes no open file
	}
	return errors.Join(err, l.file.Unlock())
}

// pidOffset leaves out the first byte: Windows forbids others to read what is locked, and that is this byte.
const pidOffset = 1

// sign writes who holds the lock into its file, for those who wait; a failure costs them only that.
func (l *lockedFile) sign() {
	f, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), pidOffset)
}

// signer reads the process ID that a lock's file was signed with; 0 if it was not.
func signer(path string) int {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	buf := make([]byte, 32)
	n, _ := f.ReadAt(buf, pidOffset)
	text, _, _ := strings.Cut(string(buf[:n]), "\n")
	pid, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return pid
}
