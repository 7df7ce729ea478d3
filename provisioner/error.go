package provisioner

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
)

// Error is a failure of a known kind. Vendors return it, without their own name; the host adds that.
type Error struct {
	Kind    Kind
	Vendor  string    // set by the host
	Message string    // what was attempted and what went wrong
	Hint    string    // what to do next; may be empty
	RetryAt time.Time // when to try again, for RateLimited; may be zero
	Err     error     // the cause; may be nil
}

// Errorf returns an Error with a formatted message; an operand of %w becomes its cause.
func Errorf(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), Err: errors.Unwrap(err)}
}

// WithHint returns a copy of e with a hint: what to do next, formatted.
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

// Error returns the vendor's name and the message. The hint is for the user interface to add.
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

// RetryAtOf returns when another try may help, in UTC; zero if err does not contain a time. Of several attempts, the
// one that decides the kind counts.
func RetryAtOf(err error) time.Time {
	if e, ok := errors.AsType[*NoCandidateError](err); ok {
		if len(e.Attempts) == 0 {
			return time.Time{}
		}
		return Decisive(e.Attempts).RetryAt
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAt.Round(0).UTC() // without a monotonic clock, as another process would read it
	}
	return time.Time{}
}

// HintOf returns what to do about err; empty if nothing is known.
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

// NoCandidateError reports that nothing could be installed, and lists what was tried.
type NoCandidateError struct {
	Request  Request
	Kind     Kind      // of the attempt that Decisive returns
	Attempts []Attempt // candidates that failed, best first; then what the sources rejected, in their order
}

// maxListedAttempts bounds the text of a NoCandidateError: a repository may have hundreds of releases that do not fit.
const maxListedAttempts = 12

// Error lists the attempts, a line each, best first.
func (e *NoCandidateError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "no worker for %s on %s", e.Request, e.Request.Target())
	lines := groupAttempts(e.Attempts)
	for _, line := range lines[:min(len(lines), maxListedAttempts)] {
		fmt.Fprintf(&b, "\n  %s", strings.ReplaceAll(line, "\n", "\n    ")) // the output of a compiler has several lines
	}
	if more := len(lines) - maxListedAttempts; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more; `provision resolve %s` lists them all", more, e.Request.CommandArgs())
	}
	if len(lines) == 0 {
		b.WriteString(": there is no source to ask")
	}
	return b.String()
}
