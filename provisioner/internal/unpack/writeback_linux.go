package unpack

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// writebackStep is how many bytes are handed to the disk at a time.
const writebackStep = 16 << 20

// startWriteback has the system begin to write to the disk what of a large file has come, without waiting for it: so there is
// less left to wait for when the file is made durable. size bytes are written, the last n of them since the last call.
func startWriteback(w io.Writer, size, n int64) {
	f, ok := w.(*os.File)
	if !ok || size/writebackStep == (size-n)/writebackStep {
		return
	}
	from := (size-n)/writebackStep*writebackStep - writebackStep
	_ = unix.SyncFileRange(int(f.Fd()), max(from, 0), size-max(from, 0), unix.SYNC_FILE_RANGE_WRITE) // only a hint
}
