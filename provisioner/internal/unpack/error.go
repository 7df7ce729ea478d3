package unpack

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// ErrFormat is in the tree of the CorruptError for content that is not what its name promises, or that is of a format which
// this package does not unpack.
var ErrFormat = errors.New("content does not fit the name")

var (
	errConflict   = errors.New("differs from what was unpacked under that name before")
	errDangling   = errors.New("symbolic link leads nowhere")
	errEncrypted  = errors.New("is encrypted")
	errNoTarEnd   = errors.New("tar ends without its end marker")
	errBehindTar  = errors.New("data behind the end of the tar")
	errFullFolder = errors.New("folder with content")
)

// UnsafeError tells of an entry that no honest archive holds: it would be written outside the folder, or means
// different things to different systems.
type UnsafeError struct {
	Entry  string // as the archive spells it
	Reason string // continues the sentence "entry …"
}

// Error names the entry and the reason.
func (e *UnsafeError) Error() string {
	return fmt.Sprintf("unsafe archive: entry %q %s", e.Entry, e.Reason)
}

// CorruptError tells of an archive that is damaged, cut short, mislabelled or of no use here, though not dangerous.
type CorruptError struct {
	Entry string // as the archive spells it; empty where it is the archive as a whole
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

// damaged classifies an error met while reading entry: one of this package stays what it is, a decoder's refusal to
// take more memory is a limit, an error of a file is the host's, and anything else is damage.
func damaged(entry string, err error) error {
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, xz.ErrMemlimit) {
		return &LimitError{LimitMemory, maxWindow}
	}
	if isOwn[*fs.PathError](err) || isOwn[*LimitError](err) || isOwn[*UnsafeError](err) || isOwn[*CorruptError](err) {
		return err
	}
	return &CorruptError{entry, err}
}

func isOwn[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// isOurs reports whether err is a failure to write, of which the archive is not to blame.
func isOurs(err error) bool {
	var (
		unsafe  *UnsafeError
		limit   *LimitError
		corrupt *CorruptError
	)
	return err != nil && !errors.As(err, &unsafe) && !errors.As(err, &limit) && !errors.As(err, &corrupt)
}
