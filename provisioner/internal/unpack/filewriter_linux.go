package unpack

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const (
	// buffered is how many bytes of a file are written through the page cache. The rest of a large file bypasses it
	// with O_DIRECT (open(2)): the file must be on the disk before the entry is made, the copy in memory costs as much
	// time again, and on a machine that runs workers it would evict their models from memory.
	buffered = 16 << 20
	// directBlock is the alignment of sizes and offsets of direct writes, in bytes. A file system that needs a larger
	// one returns EINVAL, and gets ordinary writes.
	directBlock = 4 << 10
)

// fileWriter writes one file from its beginning to its end.
type fileWriter struct {
	file     *os.File
	size     int64 // bytes written so far
	isDirect bool
	refused  bool // the file system does not support direct writes
}

func newFileWriter(f *os.File) *fileWriter { return &fileWriter{file: f} }

// Write implements io.Writer. It writes directly if b is a multiple of directBlock, and large blocks are fastest.
func (w *fileWriter) Write(b []byte) (int, error) {
	w.setDirect(!w.refused && w.size >= buffered && w.size%directBlock == 0 && len(b) > 0 && len(b)%directBlock == 0)
	n, err := w.file.Write(b)
	if w.isDirect && errors.Is(err, unix.EINVAL) {
		w.refused = true
		w.setDirect(false)
		var more int
		more, err = w.file.Write(b[n:])
		n += more
	}
	w.size += int64(n)
	return n, err
}

func (w *fileWriter) setDirect(direct bool) {
	if direct == w.isDirect {
		return
	}
	flags, err := unix.FcntlInt(w.file.Fd(), unix.F_GETFL, 0)
	if err == nil {
		flags &^= unix.O_DIRECT
		if direct {
			flags |= unix.O_DIRECT
		}
		_, err = unix.FcntlInt(w.file.Fd(), unix.F_SETFL, flags)
	}
	if err != nil {
		w.refused = true
		return
	}
	w.isDirect = direct
}
