package engine

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/internal/calls"
	"github.com/rbee-keeper/provision/provisioner/internal/progress"
)

// operation is one request on its way to a Result. One goroutine works on it, but the vendors that are asked in
// parallel all publish events.
type operation struct {
	*Provisioner
	req     provisioner.Request
	id      string // of the operation, in its events
	sources []provisioner.Source

	// How it differs from a plain Provision.
	plan       *Plan       // set by Resolve: nothing is installed, and what would be is recorded here
	repairs    *repairable // set by Repair: the entry whose release is installed again
	excludeID  string      // set by Rollback: the ID of an entry that does not count as installed
	backoffAll bool        // set by Ensure: whatever failed a short while ago is left alone

	// What it has found out.
	failedCandidates []provisioner.Attempt // candidates that could not be installed, best first
	sourceResults    []provisioner.Attempt // what the sources rejected, in their order
	faultyVendors    map[string]bool       // by name
	volatile         map[string][]string   // the versions that volatile sources have, by the sources' keys
	damaged          []damage              // entries that would satisfy the request, newest first
	unconfigured     int                   // the number of entries that would satisfy it if their source were configured

	publishing sync.Mutex // guards req.OnEvent and rates
	rates      progress.RateMeter
}

func newOperation(p *Provisioner, req provisioner.Request) *operation {
	return &operation{Provisioner: p, req: req, id: rand.Text()[:12], faultyVendors: map[string]bool{},
		volatile: map[string][]string{}}
}

// host returns the known facts of the machine that the worker is for.
func (op *operation) host() provisioner.Host {
	isThis := op.req.Platform == catalog.Current() && op.req.Arch == catalog.CurrentArch()
	if !isThis || op.opts.Machine == nil {
		return op.opts.Host
	}
	return op.opts.Machine()
}

// publish sends an event to the subscribers.
func (op *operation) publish(e provisioner.Event) {
	if op.req.OnEvent == nil {
		return
	}
	op.publishing.Lock()
	defer op.publishing.Unlock()
	e.Time, e.Operation, e.Type = time.Now().UTC(), op.id, op.req.Type
	if e.Action == provisioner.ActionProgress {
		e.Rate, e.ETA = op.rates.Add(e.Time, *e.Progress)
	}
	op.req.OnEvent(e)
}

// warn publishes a problem together with what was done instead (reaction).
func (op *operation) warn(err error, reaction string) {
	e := errorEvent(provisioner.ActionWarn, err)
	e.Message += "; " + reaction
	op.publish(e)
}

// errorEvent is an event about err.
func errorEvent(action provisioner.Action, err error) provisioner.Event {
	return provisioner.Event{Action: action, Kind: provisioner.KindOf(err), Message: err.Error(),
		Hint: provisioner.HintOf(err), RetryAt: provisioner.RetryAtOf(err)}
}

// finish publishes the terminal event.
func (op *operation) finish(result provisioner.Result, err error) {
	switch kind := provisioner.KindOf(err); {
	case err == nil:
		op.publish(calls.DoneEvent(result))
	case kind == provisioner.Cancelled:
		op.publish(provisioner.Event{Action: provisioner.ActionCancelled, Kind: kind, Message: err.Error()})
	default:
		op.publish(errorEvent(provisioner.ActionFailed, err))
	}
}

// skip records that a candidate can't be installed.
func (op *operation) skip(c candidate, err error) {
	a := c.attempt(err)
	op.failedCandidates = append(op.failedCandidates, a)
	op.excludeIfFaulty(c.source.Vendor, a.Kind)
	if op.plan == nil {
		op.publish(skipEvent(a))
	}
}

// hasFailed reports whether c was skipped.
func (op *operation) hasFailed(c candidate) bool {
	return c.unusable != nil && slices.Contains(op.failedCandidates, c.attempt(c.unusable))
}

// skipEvent is the event that a source or a candidate is not used.
func skipEvent(a provisioner.Attempt) provisioner.Event {
	return provisioner.Event{Action: provisioner.ActionSkip, Vendor: a.Vendor, Version: a.Version, Kind: a.Kind,
		Message: a.Reason, RetryAt: a.RetryAt}
}

// excludeIfFaulty excludes a vendor for the rest of the operation if it was at fault.
func (op *operation) excludeIfFaulty(vendor string, kind provisioner.Kind) {
	op.faultyVendors[vendor] = op.faultyVendors[vendor] || kind == provisioner.PluginFault
}

// attempts lists what was tried and what the sources rejected, best first.
func (op *operation) attempts() []provisioner.Attempt {
	return slices.Concat(op.failedCandidates, op.sourceResults)
}

// noCandidate is the error of an operation that found nothing to install.
func (op *operation) noCandidate() error {
	e := &provisioner.NoCandidateError{Request: op.req, Kind: provisioner.NotFound, Attempts: op.attempts()}
	if len(e.Attempts) > 0 {
		e.Kind = provisioner.Decisive(e.Attempts).Kind
	}
	return e
}

// notInstalled is the error of an operation that may ask no source, and finds nothing installed that satisfies the
// request.
func (op *operation) notInstalled() error {
	if len(op.damaged) > 0 {
		return op.damaged[0].error(op.req)
	}
	e := provisioner.Errorf(provisioner.NotFound, "no worker for %s on %s is installed", op.req, op.req.Target())
	if op.unconfigured > 0 {
		e.Message += fmt.Sprintf(" by a source that is configured; %d would fit if its source were configured",
			op.unconfigured)
	}
	if bad, ok := op.newestMarked(); ok {
		e.Message += fmt.Sprintf(" but %s, which is %s", bad.ID, bad.Status.Error)
		return e.WithHint("`provision mark %s --good` removes the mark; "+
			"with a network, `provision %s` installs another one, if there is one",
			bad.ID, op.req.CommandArgs())
	}
	return e.WithHint("with a network, `provision %s` installs it", op.req.CommandArgs())
}

// newestMarked returns the newest entry that would satisfy the request if it were not marked bad.
func (op *operation) newestMarked() (newest catalog.WorkerBinary, ok bool) {
	entries, _ := op.opts.Catalog.List()
	var latest catalog.Version
	for _, w := range entries {
		v := catalog.Entry{Worker: w}.Version()
		isMeant := w.WorkerType == op.req.Type && w.Platform == op.req.Platform && w.Arch() == op.req.Arch
		if !w.Status.IsMarkedBad() || !isMeant || !op.req.Constraint.IsZero() && !op.req.Constraint.Allows(v) {
			continue
		}
		if r, fits := op.satisfies(w); !fits || r.Fallback && op.req.Strict || ok && v.Compare(latest) <= 0 {
			continue
		}
		newest, latest, ok = w, v, true
	}
	return newest, ok
}
