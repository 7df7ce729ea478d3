package trial

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
)

// Hints that several checks give.
const (
	HintHandshake = "see the beginning of vendor.proto: the cookie, the socket, one line on stdout, flushed"
	HintCancel    = "stop the work when the call's context is done (in Go: ctx; elsewhere: the call's cancellation), " +
		"end what was started, and return"
	HintEnd = "serve plugin.GRPCController/Shutdown, or end when stdin does; " +
		"let no child process hold stdout or stderr open"
	hintKind = "return errors with a kind: in Go provisioner.Errorf(provisioner.NotFound, …).WithHint(…), " +
		"elsewhere an ErrorInfo"
)

// Finding is why a check did not pass. Any other error of a check is a failure too, with the check's own hint.
type Finding struct {
	Reason  string
	Hint    string // replaces the check's own hint; may be empty
	Skipped bool   // the check could not run
}

// Error is the reason.
func (f *Finding) Error() string { return f.Reason }

// Skipf returns the finding of a check that could not run.
func Skipf(format string, args ...any) error {
	return &Finding{Reason: fmt.Sprintf(format, args...), Skipped: true}
}

// Hinted returns a failure with a hint of its own, since the check's hint does not help with it.
func Hinted(err error, hint string) error { return &Finding{Reason: err.Error(), Hint: hint} }

// Stage is how far the checks that ran already got with the vendor. A check needs one; each stage needs the one before
// it.
type Stage int

// The stages, in order.
const (
	Nothing Stage = iota
	Started
	Described
	Resolved
	Offered
	Fetched
)

// Require returns a skip if the vendor did not get as far as a stage. It names the first stage that is missing.
func (t *Trial) Require(s Stage) error {
	for _, stage := range []struct {
		stage   Stage
		reached bool
		reason  string
	}{
		{Started, t.Facts.Started, "the process could not be started"},
		{Described, t.Description != nil, "it does not describe itself"},
		{Resolved, t.Resolution != nil, "the query was not resolved"},
		{Offered, t.Release != nil, "no release was offered, so that there is nothing to fetch"},
		{Fetched, t.Facts.Fetched != nil, "nothing was fetched"},
	} {
		if stage.stage <= s && !stage.reached {
			return Skipf("%s", stage.reason)
		}
	}
	return nil
}

// RequireKind checks the error of a call: it must have a kind and a message, and must not name the vendor, which the
// host adds.
func (t *Trial) RequireKind(call string, err error) error {
	e, ok := errors.AsType[*provisioner.Error](err)
	switch {
	case errors.Is(err, errPanicked), errors.Is(err, errEndless), errors.Is(err, errDeaf):
		return fmt.Errorf("%s: %w", call, err)
	case !ok && provisioner.KindOf(err) != provisioner.Cancelled:
		return Hinted(fmt.Errorf("%s: an error without a kind: %w", call, err), hintKind)
	case !ok:
		return nil
	case !e.Kind.Valid():
		return Hinted(fmt.Errorf("%s: an error of the unknown kind %q: %s", call, e.Kind, e.Message), hintKind)
	case strings.TrimSpace(e.Message) == "":
		return Hinted(fmt.Errorf("%s: an error of kind %q without a message", call, e.Kind), hintKind)
	case t.Description != nil && strings.HasPrefix(e.Message, t.Description.Name+": "):
		return Hinted(
			fmt.Errorf("%s: the error %q begins with the vendor's name, which the host adds", call, e.Message),
			"leave the name out",
		)
	default:
		return nil
	}
}
