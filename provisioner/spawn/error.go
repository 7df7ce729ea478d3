package spawn

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

var (
	// ErrNoModel is returned where a model is given to a worker whose launch template has no place for one. The reference
	// worker is such a worker.
	ErrNoModel = errors.New("this worker takes no model")
	// ErrModelNeeded is returned where no model is given to a worker whose launch template has a place for one, unless
	// there are Args, which may name one in another way.
	ErrModelNeeded = errors.New("this worker needs a model")
)

// ExitError tells that a worker ended without being stopped.
type ExitError struct {
	Code   int      // exit code; -1 where a signal ended it
	Signal string   // that ended it, such as "killed"; empty where none did
	Ready  bool     // whether it had been ready
	Tail   []string // last lines of its output
}

// Error tells how it ended, with the last line of its output.
func (e *ExitError) Error() string {
	how := fmt.Sprintf("exit code %d", e.Code)
	if e.Signal != "" {
		how = "the signal " + e.Signal
	}
	when := "before it was ready"
	if e.Ready {
		when = "by itself"
	}
	return fmt.Sprintf("worker ended %s with %s%s", when, how, lastWords(e.Tail))
}

// NotReadyError tells that a worker was not ready in time. It has been ended.
type NotReadyError struct {
	After   time.Duration
	LastErr error    // what was wrong when it was last asked
	Tail    []string // last lines of its output
}

// Error tells how long it took, with the last line of its output.
func (e *NotReadyError) Error() string {
	return fmt.Sprintf("worker is not ready after %s: %v%s", e.After.Round(time.Millisecond), e.LastErr, lastWords(e.Tail))
}

// Unwrap returns LastErr.
func (e *NotReadyError) Unwrap() error { return e.LastErr }

func lastWords(tail []string) string {
	if len(tail) == 0 {
		return ", and it said nothing"
	}
	return "; it last said: " + tail[len(tail)-1]
}

// PortError tells that a port can't be had.
type PortError struct {
	Host string
	Port int
	Err  error
}

// Error names the port and the cause.
func (e *PortError) Error() string {
	return fmt.Sprintf("open port %d at %s: %v", e.Port, e.Host, e.Err)
}

// Unwrap returns the cause, with a hint where there is one.
func (e *PortError) Unwrap() error {
	if !errors.Is(e.Err, syscall.EADDRINUSE) {
		return e.Err
	}
	return provisioner.Errorf(provisioner.Other, "%w", e.Err).WithHint("give another port, or none for a free one")
}

// DamagedError tells that an entry is not as it was installed. Installing it again mends that.
type DamagedError struct {
	ID     string // of the entry
	Path   string // absolute path of the damaged file
	Reason string
}

// Error names the file and what is wrong with it.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("entry is damaged: %s %s", e.Path, e.Reason)
}

// Unwrap gives it a kind and a hint.
func (e *DamagedError) Unwrap() error {
	return provisioner.Errorf(provisioner.BadPayload, "%s %s", e.Path, e.Reason).WithHint("install it again with --force")
}
