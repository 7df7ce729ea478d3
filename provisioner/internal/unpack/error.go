package unpack

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// ErrFormat is wrapped by the CorruptError for a file whose content is of another format than its name says, or of a
// format that this package does not know.
var ErrFormat = errors.New("content does not fit the name")

var (
	errConflict   = errors.New("differs from what was unpacked under that name before")
	errDangling   = errors.New("symbolic link leads nowhere")
	errEncrypted  = errors.New("is encrypted")
	errNoTarEnd   = errors.New("tar ends without its end marker")
	errBehindTar  = errors.New("data behind the end of the tar")
	errFullFolder = errors.New("folder with content")
)

// UnsafeError describes an entry that a well-meant archive does not contain: it would be written outside the folder, or
// systems would interpret it differently.
type UnsafeError struct {
	Entry  string // as the archive spells it
	Reason string // continues the sentence "entry …"
}

// Error names the entry and the reason.
func (e *UnsafeError) Error() string {
	return fmt.Sprintf("unsafe archive: entry %q %s", e.Entry, e.Reason)
}

// CorruptError describes an archive that is not dangerous, but is damaged, truncated, of another format than its name
// says, or not supported.
type CorruptError struct {
	Entry string // as the archive spells it; empty if the error concerns the whole archive
	Err   error  // the cause; never nil
}

// Error names the entry, if there is one, and the cause.
func (e *CorruptError) Error() string {
	if e.Entry == "" {
		return fmt.Sprintf("corrupt archive: %v", e.Err)
	}
	return fmt.Sprintf("corrupt archive: entry %q: %v", e.Entry, e.Err)
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// readError classifies an error of reading an entry:
//   - A decoder that needs more memory than maxWindow has reached a limit.
//   - An error of this package, and a *fs.PathError of the host, is returned as it is.
//   - Everything else means that the archive is corrupt.
func readError(entry string, err error) error {
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, xz.ErrMemlimit) {
		return &LimitError{LimitMemory, maxWindow}
	}
	if isA[*fs.PathError](err) || isArchiveError(err) {
		return err
	}
	return &CorruptError{entry, err}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// isArchiveError reports whether the archive caused err, and not this machine.
func isArchiveError(err error) bool {
	return isA[*UnsafeError](err) || isA[*LimitError](err) || isA[*CorruptError](err)
}
