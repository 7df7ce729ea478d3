package vendortest

import (
	"errors"

	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/trial"
)

// Result is what one check found.
type Result struct {
	Check   string  `json:"check"` // one of Checks
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"` // why it failed or was skipped
	Hint    string  `json:"hint,omitempty"`   // what the vendor's author can do about a failure
}

// Outcome is how a check ended.
type Outcome string

// The outcomes. A check is skipped if another check's failure, the platform or the query leaves it nothing to check.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// resultOf is the result of a check that returned err, which may be nil. The hint is for a failure that has no hint of
// its own.
func resultOf(check string, err error, hint string) Result {
	if err == nil {
		return Result{Check: check, Outcome: Passed}
	}
	r := Result{Check: check, Outcome: Failed, Reason: err.Error(), Hint: hint}
	if f, ok := errors.AsType[*trial.Finding](err); ok {
		switch {
		case f.Skipped:
			r.Outcome, r.Hint = Skipped, ""
		case f.Hint != "":
			r.Hint = f.Hint
		}
	}
	return r
}
