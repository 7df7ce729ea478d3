package provisioner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
)

// Kind classifies an Error; it survives the way from a vendor's process to the host.
type Kind string

// Skippable kinds: the next candidate is tried.
const (
	NotFound            Kind = "not found"
	UnsupportedPlatform Kind = "unsupported platform"
	IncompleteRelease   Kind = "incomplete release"
	Unreachable         Kind = "unreachable"
	RateLimited         Kind = "rate limited" // until Error.RetryAt
	Unauthorized        Kind = "unauthorized"
	MissingTool         Kind = "missing tool"
	BuildFailed         Kind = "build failed"
	Unverified          Kind = "unverified"   // no digest is published, and the source does not accept that
	BadPayload          Kind = "bad payload"  // what was brought is damaged, lacks the executable or is for another platform
	PluginFault         Kind = "plugin fault" // crash, hang, broken protocol: the vendor is out for this request
)

// MarkedBad is the kind of a release that is installed and was marked bad, and so is not installed again. It is skippable, and the
// host's alone: no vendor reports it.
const MarkedBad Kind = "marked bad"

// Fatal kinds: no other candidate is tried.
const (
	DigestMismatch    Kind = "digest mismatch"
	SignatureMismatch Kind = "signature mismatch"
	UnsafeArchive     Kind = "unsafe archive"
	AmbiguousAsset    Kind = "ambiguous asset"
	InvalidConfig     Kind = "invalid configuration"
	Cancelled         Kind = "cancelled"
	// Other is a failure of the host itself, such as a full disk.
	Other Kind = "failure"
)

var skippable = map[Kind]bool{
	NotFound: true, UnsupportedPlatform: true, IncompleteRelease: true, Unreachable: true, RateLimited: true,
	Unauthorized: true, MissingTool: true, BuildFailed: true, Unverified: true, BadPayload: true, PluginFault: true,
	DigestMismatch: false, SignatureMismatch: false, UnsafeArchive: false, AmbiguousAsset: false, InvalidConfig: false,
	Cancelled: false, Other: false,
}

// Kinds lists every kind that a vendor may report.
func Kinds() []Kind {
	kinds := make([]Kind, 0, len(skippable))
	for k := range skippable {
		kinds = append(kinds, k)
	}
	return kinds
}

// Skippable reports whether the next candidate may be tried after an error of kind k.
func (k Kind) Skippable() bool { return skippable[k] || k == MarkedBad }

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool {
	_, ok := skippable[k]
	return ok
}

// Error is a failure of a known kind.
type Error struct {
	Kind    Kind
	Vendor  string    // set by the host
	Message string    // what was attempted and what went wrong
	Hint    string    // what to do next; may be empty
	RetryAt time.Time // when to try again, for RateLimited; may be zero
	Err     error     // the cause; may be nil
}

// Errorf makes an Error whose message is formatted; an operand of %w becomes its cause.
func Errorf(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), Err: errors.Unwrap(err)}
}

// WithHint returns a copy of e that tells what to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	hinted := *e
	hinted.Hint = fmt.Sprintf(format, args...)
	return &hinted
}

// WithVendor returns a copy of e that names the vendor at fault.
func (e *Error) WithVendor(vendor string) *Error {
	named := *e
	named.Vendor = vendor
	return &named
}

// Error is the vendor's name and the message; the hint is for the user interface to add.
func (e *Error) Error() string {
	message := e.Message
	if message == "" {
		message = string(e.Kind)
	}
	if e.Vendor != "" {
		return e.Vendor + ": " + message
	}
	return message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf classifies any error: that of the first *Error or *NoCandidateError in its tree, NotFound for
// catalog.ErrNotFound, Cancelled for a context that is done, else Other.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*NoCandidateError](err); ok {
		return e.Kind
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, catalog.ErrNotFound) {
		return NotFound
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Cancelled
	}
	return Other
}

// RetryAtOf is when an error says that trying again may help, in UTC; zero where it does not say. Of several attempts it is that
// which decides the kind.
func RetryAtOf(err error) time.Time {
	if e, ok := errors.AsType[*NoCandidateError](err); ok {
		if len(e.Attempts) == 0 {
			return time.Time{}
		}
		return Decisive(e.Attempts).RetryAt
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAt.Round(0).UTC() // as another process would read it
	}
	return time.Time{}
}

// HintOf tells what to do about err; empty where nothing is known.
func HintOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Hint
	}
	if _, ok := errors.AsType[*catalog.LockedError](err); ok {
		return "wait until that process is done, or end it if it hangs"
	}
	return ""
}

// CancelledError is the error of an operation whose context ended; err is why, such as context.Canceled.
func CancelledError(err error) *Error {
	return &Error{Kind: Cancelled, Message: "cancelled", Err: err}
}

// ReasonOf returns an error's message and hint without the vendor's name, which an Attempt has beside it.
func ReasonOf(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err.Error()
	}
	plain := e.WithVendor("")
	if plain.Hint != "" {
		return plain.Error() + " (" + plain.Hint + ")"
	}
	return plain.Error()
}

// NoCandidateError tells that nothing could be installed, and what was tried.
type NoCandidateError struct {
	Request  Request
	Kind     Kind      // of the best attempt
	Attempts []Attempt // candidates that failed, best first; then what the sources said, in their order
}

// maxToldAttempts bounds the text of a NoCandidateError: a repository may have hundreds of releases that do not fit.
const maxToldAttempts = 12

// Error lists what was looked at, a line each, best first.
func (e *NoCandidateError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "no worker for %s on %s", e.Request, e.Request.Target())
	lines := groupAttempts(e.Attempts)
	for _, line := range lines[:min(len(lines), maxToldAttempts)] {
		fmt.Fprintf(&b, "\n  %s", strings.ReplaceAll(line, "\n", "\n    ")) // what a compiler printed has several
	}
	if more := len(lines) - maxToldAttempts; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more; `provision resolve %s` tells them all", more, e.Request.CommandArgs())
	}
	if len(lines) == 0 {
		b.WriteString(": there is no source that may be asked")
	}
	return b.String()
}
