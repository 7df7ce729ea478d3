package vendortest

import (
	"context"
	"iter"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Suite is a vendor and what it is to be asked. Exactly one of New and Open is set.
type Suite struct {
	// New returns the vendor, for checks in this process. Each operation gets a new one.
	New func() provisioner.VendorSource
	// Open starts the vendor in a process of its own, once for each operation.
	Open func(context.Context, Launch) (Process, error)
	// Query is one that the vendor has a release for. Its type is cpu-llm and its platform this machine's unless told; the vendor
	// gets a cache folder of the suite's.
	Query provisioner.Query
	// Stalled, if set, is a query that Resolve, or Fetch of the newest release that it offers, does not come to an end with, since
	// a server stalls or a build sleeps. Cancelling is checked with it too.
	Stalled *provisioner.Query
	// AnyPlatform tells that the releases run everywhere, so that the vendor may offer one for a platform that does not exist.
	AnyPlatform bool
	// Timeout is how long a call may take that nobody cancels; 0 is two minutes.
	Timeout time.Duration
}

const defaultTimeout = 2 * time.Minute

// T is a *testing.T. That type is not named here, so that programs can run a Suite without linking package testing.
type T[Sub any] interface {
	Helper()
	Context() context.Context
	Run(name string, f func(Sub)) bool
	Errorf(format string, args ...any)
	Skip(args ...any)
}

// Run runs a suite as a test, with a subtest for each check. It fails also where the vendor offers no release, since then
// hardly anything was checked.
func Run[Sub T[Sub]](t Sub, s Suite) {
	t.Helper()
	for result := range s.results(t.Context(), true) {
		t.Run(result.Check, func(t Sub) {
			t.Helper()
			switch result.Outcome {
			case Passed:
			case Skipped:
				t.Skip(result.Reason)
			default:
				t.Errorf("%s\nhint: %s", result.Reason, result.Hint)
			}
		})
	}
}

// Results runs a suite and yields the result of each check as it is there, in the order of Checks.
func (s Suite) Results(ctx context.Context) iter.Seq[Result] { return s.results(ctx, false) }

func (s Suite) results(ctx context.Context, mustOffer bool) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		session, err := newSession(s.withDefaults(), mustOffer)
		if err != nil {
			yield(Result{Check: "suite", Outcome: Failed, Reason: err.Error(), Hint: "let this user write to the folder for temporary files"})
			return
		}
		defer session.close()
		for _, c := range checks {
			if c.isForProcesses() && !session.isProcess() {
				continue
			}
			if ctx.Err() != nil || !yield(session.judge(ctx, c)) {
				return
			}
		}
	}
}

func (s Suite) withDefaults() Suite {
	if s.Timeout <= 0 {
		s.Timeout = defaultTimeout
	}
	s.Query = withDefaults(s.Query)
	if s.Stalled != nil {
		stalled := withDefaults(*s.Stalled)
		s.Stalled = &stalled
	}
	return s
}

func withDefaults(q provisioner.Query) provisioner.Query {
	if q.Type == "" {
		q.Type = catalog.CpuLlm
	}
	if q.Platform == "" {
		q.Platform, q.Arch = catalog.Current(), catalog.CurrentArch()
	}
	return q
}
