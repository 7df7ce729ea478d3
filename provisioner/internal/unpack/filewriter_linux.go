package unpack

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const (
	// buffered is how many bytes of a file are written through the page cache. The rest of a large one goes around it: it has to
	// be on the disk anyway before the entry is made, a copy in memory costs as much time again, and on a machine that runs workers
	// it would drive out their models.
	buffered = 16 << 20
	// directBlock is what sizes and offsets are multiples of, in bytes, where a write goes around the page cache. A file system
	// that wants more refuses, and gets its writes as ever.
	directBlock = 4 << 10
)

// fileWriter writes one file from its beginning.
type fileWriter struct {
	file     *os.File
	size     int64 // in bytes, of what was written
	isDirect bool
	refused  bool // the file system can't
}

func newFileWriter(f *os.File) *fileWriter { return &fileWriter{file: f} }

// Write implements io.Writer. Large blocks are best.
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
