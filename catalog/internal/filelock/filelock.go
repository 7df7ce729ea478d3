package filelock

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

// File is a lock on a file that exists only while it is locked; on Windows it stays.
type File struct {
	path string
	file *flock.Flock
}

// TryLock locks the file at path, which it creates with its folder. It returns nil if somebody else has locked it.
func TryLock(path string) (*File, error) {
	for {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		// A new Flock for each try: flock(2) belongs to an open file, so it excludes the goroutines of one process too.
		l := &File{path: path, file: flock.New(path)}
		ok, err := l.file.TryLock()
		switch {
		case errors.Is(err, fs.ErrNotExist): // the folder was empty, and somebody removed it
			continue
		case err != nil || !ok:
			return nil, err
		case isAt(path, l.file):
			return l, nil
		}
		// The last holder removed the file between our opening and locking it.
		if err := l.file.Unlock(); err != nil {
			return nil, err
		}
	}
}

// Path returns the path of the file.
func (l *File) Path() string { return l.path }

// Unlock removes the file and ends the lock, even if a child that is just being started has a copy of the open file.
func (l *File) Unlock() error {
	var err error
	if isAt(l.path, l.file) {
		err = os.Remove(l.path) // while it is locked, so that nobody else's file is removed
	}
	if runtime.GOOS == "windows" || errors.Is(err, fs.ErrNotExist) {
		err = nil // Windows does not remove an open file
	}
	return errors.Join(err, l.file.Unlock())
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

// pidOffset is where a holder's process ID is written. The first byte is left out: on Windows nobody else can read what
// is locked, and that is this byte.
const pidOffset = 1

// Sign writes this process's ID into the file, for those who wait. A failure does no other harm.
func (l *File) Sign() {
	f, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	SignOpen(f, os.Getpid())
}

// SignOpen writes a process ID into an open file.
func SignOpen(f *os.File, pid int) {
	_, _ = f.WriteAt([]byte(strconv.Itoa(pid)+"\n"), pidOffset)
}

// Signer reads the process ID with which the file at path was signed; 0 if it was not.
func Signer(path string) int {
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
