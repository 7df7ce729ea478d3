package buildlog

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	Folder  = "logs" // in the vendor's cache
	maxLogs = 20     // that are kept, the newest
	maxLog  = 16 << 20
)

// Log is the file with a build's output. It is kept after the build, until newer logs replace it.
type Log struct {
	file *os.File
	size int
}

// New makes a log in the folder Folder of dir, and removes the oldest logs there.
func New(dir, name string) (*Log, error) {
	dir = filepath.Join(dir, Folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// The time comes first, so that the names sort by time.
	file, err := os.CreateTemp(dir, fmt.Sprintf("%s-%s-*.log", time.Now().UTC().Format("20060102T150405.000000"), name))
	if err != nil {
		return nil, err
	}
	dropOldLogs(dir)
	return &Log{file: file}, nil
}

// Write implements io.Writer. It keeps the first maxLog bytes: the first errors of a build explain the later ones.
func (l *Log) Write(p []byte) (int, error) {
	if l.size > maxLog {
		return len(p), nil
	}
	if l.size += len(p); l.size > maxLog {
		_, err := fmt.Fprintf(l.file, "… and more, which is not kept\n")
		return len(p), err
	}
	return l.file.Write(p)
}

func (l *Log) Path() string { return l.file.Name() }

func (l *Log) Close() error { return l.file.Close() }

func dropOldLogs(dir string) {
	names, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	slices.Sort(names)
	for _, name := range names[:max(0, len(names)-maxLogs)] {
		_ = os.Remove(name)
	}
}
