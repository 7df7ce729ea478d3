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

// Stopped returns why ctx is done, as an error of kind Cancelled or the cause of ctx, or nil if it is not done.
func Stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	if cause, ok := errors.AsType[*provisioner.Error](context.Cause(ctx)); ok {
		return cause
	}
	return provisioner.Errorf(provisioner.Cancelled, "build stopped: %w", ctx.Err())
}

// DiskFullError reports that a disk is full.
type DiskFullError struct{ err error }

// Error implements error.
func (e *DiskFullError) Error() string { return "the disk is full: " + e.err.Error() }

// Unwrap returns the cause.
func (e *DiskFullError) Unwrap() error { return e.err }

// DiskFull returns a DiskFullError of this kind: BuildFailed if the build filled the disk, Other if there was no room
// for its source.
func DiskFull(kind provisioner.Kind, err error) *provisioner.Error {
	return provisioner.Errorf(kind, "%w", &DiskFullError{err}).
		WithHint("make room on the disk that holds the cache and on that of the temporary files")
}

// Wrap adds a verb and a kind to err. An error of this project keeps its own kind, and a full disk is a DiskFullError.
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

// failurePatterns are messages of git, cargo and the go command, most specific first.
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

// ClassifyStderr returns the kind of a tool's failure by what it printed, or otherwise if that says nothing.
func ClassifyStderr(text string, otherwise provisioner.Kind) provisioner.Kind {
	for _, s := range failurePatterns {
		if s.said().MatchString(text) {
			return s.kind
		}
	}
	return otherwise
}

var diskFullText = lazyregexp.New(`(?i)no space left on device|disk quota exceeded|not enough space on the disk`)

// IsDiskFull reports whether a text says that a disk is full.
func IsDiskFull(text string) bool { return diskFullText().MatchString(text) }
