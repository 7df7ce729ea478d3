package vendortest

import (
	"errors"
	"fmt"
)

// Result is what one check found.
type Result struct {
	Check   string  `json:"check"` // one of Checks
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"` // why it failed or was skipped
	Hint    string  `json:"hint,omitempty"`   // what the vendor's author can do about a failure
}

// Outcome is how a check came out.
type Outcome string

// The outcomes. A check is skipped where another's failure, the platform or the query leaves nothing to look at.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// finding is why a check did not pass.
type finding struct {
	reason, hint string
	skipped      bool
}

func (f *finding) Error() string { return f.reason }

// failf is a failure. What to do about it is the check's own hint unless hinted replaces that.
func failf(format string, args ...any) error {
	return &finding{reason: fmt.Sprintf(format, args...)}
}

func skipf(format string, args ...any) error {
	return &finding{reason: fmt.Sprintf(format, args...), skipped: true}
}

// hinted is a failure that the check's hint does not help with.
func hinted(err error, hint string) error {
	f, ok := errors.AsType[*finding](err)
	if !ok {
		return &finding{reason: err.Error(), hint: hint}
	}
	other := *f
	other.hint = hint
	return &other
}

// resultOf is the result of a check that ended with err, which may be nil.
func resultOf(c check, err error) Result {
	r := Result{Check: c.name, Outcome: Passed}
	if err == nil {
		return r
	}
	r.Outcome, r.Reason, r.Hint = Failed, err.Error(), c.hint
	if f, ok := errors.AsType[*finding](err); ok {
		if f.skipped {
			r.Outcome, r.Hint = Skipped, ""
		}
		if f.hint != "" {
			r.Hint = f.hint
		}
	}
	return r
}
