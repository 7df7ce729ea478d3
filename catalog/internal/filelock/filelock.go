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

// Unlock removes the file (on Windows it stays) and ends the lock. It unlocks explicitly, because closing is not enough
// while a child that is just being started has a copy of the descriptor.
func (l *File) Unlock() error {
	var err error
	if isAt(l.path, l.file) {
		err = os.Remove(l.path) // while it is locked, so that nobody else's file is removed
	}
	if runtime.GOOS == "windows" || errors.Is(err, fs.ErrNotExist) {
		err = nil // it is gone already, or an open file can't be removed (Windows)
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

// pidOffset is where a holder's process ID is written. Windows locks the first byte, and nobody else can read it.
const pidOffset = 1

// WritePID writes this process's ID into the file, for those who wait. If it fails, only the ID is unknown.
func (l *File) WritePID() {
	f, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	WritePID(f, os.Getpid())
}

// WritePID writes a process ID into an open file.
func WritePID(f *os.File, pid int) {
	_, _ = f.WriteAt([]byte(strconv.Itoa(pid)+"\n"), pidOffset)
}

// ReadPID reads the process ID that was written into the file at path; 0 if there is none.
func ReadPID(path string) int {
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
