package vendortest

import (
	"context"
	"iter"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/checks"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/trial"
)

// Suite is a vendor and the queries to test it with. Exactly one of New and Open is set.
type Suite struct {
	// New returns the vendor, for tests in this process. Each operation calls it again.
	New func() provisioner.VendorSource
	// Open starts the vendor in a process of its own, once for each operation.
	Open func(context.Context, Launch) (Process, error)
	// Query is a query that the vendor has a release for. An empty type is cpu-llm, and an empty platform is this
	// machine's. The suite sets the cache folder.
	Query provisioner.Query
	// Stalled is a query for which Resolve, or Fetch of the newest release that it offers, does not return: because a
	// server stalls, for example, or a build sleeps. Cancelling is tested with it too. Nil leaves that out.
	Stalled *provisioner.Query
	// AnyPlatform states that the releases run on every platform, so that the vendor may offer them for one that does
	// not exist.
	AnyPlatform bool
	// Timeout is how long a call may take that nobody cancels. 0 is two minutes.
	Timeout time.Duration
}

// Process is a vendor in a process of its own, as the host starts it. Suite.Open returns one; *plugins.Plugin
// implements it.
type Process = trial.Process

// Launch describes how Suite.Open starts a process: its folders, its environment, and where its output goes.
type Launch = trial.Launch

// T is implemented by *testing.T. Its methods stand here so that a program can run a Suite without linking package
// testing.
type T[Sub any] interface {
	Helper()
	Context() context.Context
	Run(name string, f func(Sub)) bool
	Errorf(format string, args ...any)
	Skip(args ...any)
}

// Run runs a suite as a test, with one subtest for each check. It also fails if the vendor offers no release, because
// then most checks can't run.
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

// Results runs a suite and yields the result of each check when it has run, in the order of Checks.
func (s Suite) Results(ctx context.Context) iter.Seq[Result] { return s.results(ctx, false) }

func (s Suite) results(ctx context.Context, mustOffer bool) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		t, err := trial.New(trial.Options(s))
		if err != nil {
			yield(resultOf("suite", err, "let this user write to the folder for temporary files"))
			return
		}
		defer t.Close()
		t.MustOffer = mustOffer
		for _, c := range checks.All {
			if c.IsForProcesses() && !t.IsProcess() {
				continue
			}
			if ctx.Err() != nil || !yield(resultOf(c.Name, c.Run(ctx, t), c.Hint)) {
				return
			}
		}
	}
}

// Check is the name of a check, and what is true of a vendor that passes it. Names do not change.
type Check struct{ Name, About string }

// Checks lists the checks of a suite, in its order. Those that begin with "process/" are only for a vendor in its own
// process.
func Checks() []Check {
	var list []Check
	for _, c := range checks.All {
		list = append(list, Check{c.Name, c.About})
	}
	return list
}
