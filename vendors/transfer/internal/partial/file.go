package partial

import (
	"errors"
	"io"
	"os"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
)

// File is an unfinished file and its State. WriteAt may be called by several goroutines at once, for different bytes;
// the other methods may not.
type File struct {
	State State

	root *os.Root
	name string // of the finished file
	file *os.File
}

// Open opens the unfinished file that an earlier process left, or makes an empty one. The State is the zero value if
// there is none that can be read.
func Open(root *os.Root, name string) (*File, error) {
	f := &File{root: root, name: name}
	var err error
	if f.file, err = root.OpenFile(f.Path(), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	f.State = readState(root, f.statePath())
	return f, nil
}

// Path returns the name of the unfinished file in its folder.
func (f *File) Path() string { return f.name + ".part" }

func (f *File) statePath() string { return f.Path() + ".json" }

// WriteAt implements io.WriterAt.
func (f *File) WriteAt(b []byte, offset int64) (int, error) { return f.file.WriteAt(b, offset) }

// Size returns the size of the unfinished file in bytes, gaps included.
func (f *File) Size() (int64, error) {
	info, err := f.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Restart drops all bytes and describes the next ones by s. The bytes are dropped first, so that a State never
// describes bytes of another version. The file stays the same file, for a reader that follows it.
func (f *File) Restart(s State) error {
	f.State = s
	size, err := f.Size()
	if err != nil {
		return err
	}
	// An empty file is not truncated: ext4 flushes a file that was truncated when it is closed, which takes time.
	if size > 0 {
		if err := f.file.Truncate(0); err != nil {
			return err
		}
	}
	return s.write(f.root, f.statePath())
}

// MarkSparse prepares for bytes that are not written in order: from now on only the bytes that the State lists are
// valid.
func (f *File) MarkSparse(have []chunk.Span) error {
	if f.State.Sparse {
		return nil
	}
	f.State.Sparse = true
	return f.Save(have)
}

// Save records which bytes are valid. They must be written already, so that a killed process never leaves a State that
// lists bytes which are missing.
func (f *File) Save(have []chunk.Span) error {
	if !f.State.Sparse {
		return nil
	}
	f.State.Have = have
	return f.State.write(f.root, f.statePath())
}

// Matches reports whether the first size bytes have digest d.
func (f *File) Matches(d catalog.Digest, size int64) (bool, error) {
	h := d.Hash()
	if _, err := io.Copy(h, io.NewSectionReader(f.file, 0, size)); err != nil {
		return false, err
	}
	return d.Matches(h), nil
}

// Finish closes the file, gives it its final name and removes the State.
func (f *File) Finish() error {
	if err := f.Close(); err != nil {
		return err
	}
	if err := f.root.Rename(f.Path(), f.name); err != nil {
		return err
	}
	for _, name := range []string{f.statePath(), f.statePath() + newSuffix} {
		if err := f.root.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Close closes the file. A second call does nothing.
func (f *File) Close() error {
	if err := f.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
