// Package exit is how the programs end: by which signals, and with which exit codes.
package exit

import (
	"context"
	"errors"
	"fmt"

	"github.com/rbee-keeper/provision/provisioner"
)

// The exit codes, which the README lists. After a signal it is 128 plus the signal's number.
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

// Code returns the exit code of a program that ended with err, which may be nil. If a signal ended ctx, the code of a
// failure is the signal's.
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

// usageError is an error about a mistake in the command line.
type usageError struct{ error }

// Unwrap returns the mistake.
func (e usageError) Unwrap() error { return e.error }

// WrongUsage marks an error as one about a mistake in the command line.
func WrongUsage(err error) error { return usageError{err} }

// Usagef returns an error about a mistake in the command line.
func Usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// IsUsage reports whether an error is about a mistake in the command line.
func IsUsage(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok
}
