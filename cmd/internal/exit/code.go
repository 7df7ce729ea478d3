// Package exit is how the programs end: which signals ask them to, and what their exit codes tell.
package exit

import (
	"context"
	"errors"
	"fmt"

	"github.com/rbee-keeper/provision/provisioner"
)

// The exit codes, as the README has them. A signal's is 128 and its number.
const (
	Done        = 0
	Other       = 1
	Usage       = 2
	NoMatch     = 3
	Unreachable = 4
	Unverified  = 5
	Build       = 6
	Plugin      = 7
	Interrupted = 130
)

// Code is the exit code of a program that ended with err, which may be nil. If a signal ended ctx, a failure is the
// signal's.
func Code(ctx context.Context, err error) int {
	if err == nil {
		return Done
	}
	if cause, ok := errors.AsType[signalled](context.Cause(ctx)); ok {
		return cause.code()
	}
	if IsUsage(err) {
		return Usage
	}
	return provisioner.KindOf(err).ExitCode()
}

// usageError is a mistake in the command line.
type usageError struct{ error }

// Unwrap returns the mistake.
func (e usageError) Unwrap() error { return e.error }

// WrongUsage marks an error as a mistake in the command line.
func WrongUsage(err error) error { return usageError{err} }

// Usagef makes the error of a mistake in the command line.
func Usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// IsUsage reports whether an error is a mistake in the command line.
func IsUsage(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok
}
