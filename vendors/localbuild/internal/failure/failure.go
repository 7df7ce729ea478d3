package failure

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"syscall"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// stopped tells why ctx is done: it was cancelled, or its time was up; nil while it is not done.
func Stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	if cause, ok := errors.AsType[*provisioner.Error](context.Cause(ctx)); ok {
		return cause
	}
	return provisioner.Errorf(provisioner.Cancelled, "build stopped: %w", ctx.Err())
}

// diskFullError tells that there was no room for something.
type DiskFullError struct{ err error }

// Error implements error.
func (e *DiskFullError) Error() string { return "the disk is full: " + e.err.Error() }

// Unwrap returns the cause.
func (e *DiskFullError) Unwrap() error { return e.err }

// fullDisk is of kind BuildFailed where the build filled the disk, and Other where there was no room for its source.
func DiskFull(kind provisioner.Kind, err error) *provisioner.Error {
	return provisioner.Errorf(kind, "%w", &DiskFullError{err}).
		WithHint("make room on the disk that holds the cache and on that of the temporary files")
}

// orFullDisk makes err an error of this kind, unless it tells of a full disk.
func Wrap(kind provisioner.Kind, verb string, err error) error {
	if known, ok := errors.AsType[*provisioner.Error](err); ok {
		return known
	}
	wrapped := fmt.Errorf("%s: %w", verb, err)
	if errors.Is(err, syscall.ENOSPC) || IsDiskFull(err.Error()) {
		return DiskFull(provisioner.Other, wrapped)
	}
	return provisioner.Errorf(kind, "%w", wrapped)
}

// sayings are what git and the go command print, in the order in which they are looked for.
var failurePatterns = []struct {
	said func() *regexp.Regexp
	kind provisioner.Kind
}{
	{lazyregexp.New(`SECURITY ERROR|checksum mismatch`), provisioner.DigestMismatch},
	{lazyregexp.New(`go\.mod requires go >=|requires rustc`), provisioner.MissingTool},
	{lazyregexp.New(`(?i)could not resolve host|no such host|connection (refused|reset|timed out)|` +
		`network is unreachable|` +
		`i/o timeout|failed to connect|could not connect|temporary failure in name resolution|TLS handshake timeout|` +
		`spurious network error|returned error: 5\d\d`), provisioner.Unreachable},
	{lazyregexp.New(`(?i)authentication failed|permission denied \(|could not read (username|password)|` +
		`host key verification failed|` +
		`terminal prompts disabled|returned error: 40[13]|: 40[13] (unauthorized|forbidden)`), provisioner.Unauthorized},
}

// saidKind finds in what a tool printed the kind of its failure, which it does not tell otherwise.
func ClassifyStderr(text string, otherwise provisioner.Kind) provisioner.Kind {
	for _, s := range failurePatterns {
		if s.said().MatchString(text) {
			return s.kind
		}
	}
	return otherwise
}

var diskFullText = lazyregexp.New(`(?i)no space left on device|disk quota exceeded|not enough space on the disk`)

// isDiskFull reports whether a text says that a disk is full.
func IsDiskFull(text string) bool { return diskFullText().MatchString(text) }
