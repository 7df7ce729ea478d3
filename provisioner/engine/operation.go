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

// operation is one request on its way to a Result. One goroutine works on it, but vendors that are asked in parallel all tell
// events.
type operation struct {
	*Provisioner
	req     provisioner.Request
	id      string
	sources []provisioner.Source

	tried []provisioner.Attempt // candidates that failed to install, best first
	asked []provisioner.Attempt // what the sources said, in their order
	out   map[string]bool       // vendors that were at fault
	// volatile are the versions that volatile sources have, by the sources' keys.
	volatile map[string][]string

	repairs      *repairable // of the entry that is to be made whole again; else nil
	without      string      // the ID of an entry that is passed over; empty is none
	patient      bool        // it leaves alone all that failed a short while ago
	damaged      []damage    // entries that would fit, newest first
	unconfigured int         // entries that would fit, but whose source is not configured

	publishing sync.Mutex // guards req.OnEvent and rates
	rates      progress.RateMeter
}

func newOperation(p *Provisioner, req provisioner.Request) *operation {
	return &operation{Provisioner: p, req: req, id: rand.Text()[:12], out: map[string]bool{}, volatile: map[string][]string{}}
}

// host is what is known of the machine that the worker is for.
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

// warn tells of something that is not as it should be, and that is worked around.
func (op *operation) warn(err error, what string) {
	op.publish(provisioner.Event{Action: provisioner.ActionWarn, Kind: provisioner.KindOf(err), Message: err.Error() + "; " + what, Hint: provisioner.HintOf(err), RetryAt: provisioner.RetryAtOf(err)})
}

// finish tells the terminal event.
func (op *operation) finish(result provisioner.Result, err error) {
	switch kind := provisioner.KindOf(err); {
	case err == nil:
		op.publish(calls.DoneEvent(result))
	case kind == provisioner.Cancelled:
		op.publish(provisioner.Event{Action: provisioner.ActionCancelled, Kind: kind, Message: err.Error()})
	default:
		op.publish(provisioner.Event{Action: provisioner.ActionFailed, Kind: kind, Message: err.Error(), Hint: provisioner.HintOf(err), RetryAt: provisioner.RetryAtOf(err)})
	}
}

// skip notes that a candidate failed to install, and tells it.
func (op *operation) skip(c candidate, err error) {
	a := c.attempt(err)
	op.tried = append(op.tried, a)
	op.exclude(c.source.Vendor, a.Kind)
	op.publish(provisioner.Event{Action: provisioner.ActionSkip, Vendor: a.Vendor, Version: a.Version, Kind: a.Kind, Message: a.Reason, RetryAt: a.RetryAt})
}

// exclude puts a vendor out for the rest of the operation if it was at fault.
func (op *operation) exclude(vendor string, kind provisioner.Kind) {
	op.out[vendor] = op.out[vendor] || kind == provisioner.PluginFault
}

// attempts are all that was tried and asked, best first.
func (op *operation) attempts() []provisioner.Attempt { return slices.Concat(op.tried, op.asked) }

// noCandidate is the error of an operation that found nothing to install.
func (op *operation) noCandidate() error {
	e := &provisioner.NoCandidateError{Request: op.req, Kind: provisioner.NotFound, Attempts: op.attempts()}
	if len(e.Attempts) > 0 {
		e.Kind = provisioner.Decisive(e.Attempts).Kind
	}
	return e
}

func (op *operation) notInstalled() error {
	if len(op.damaged) > 0 {
		return op.damaged[0].error(op.req)
	}
	e := provisioner.Errorf(provisioner.NotFound, "no worker for %s on %s is installed", op.req, op.req.Target())
	if op.unconfigured > 0 {
		e.Message += fmt.Sprintf(" by a source that is configured; %d would fit otherwise", op.unconfigured)
	}
	if bad, ok := op.newestMarked(); ok {
		e.Message += fmt.Sprintf(" but %s, which is %s", bad.ID, bad.Status.Error)
		return e.WithHint("`provision mark %s --good` takes the mark off; with a network, `provision %s` installs another, if there is one",
			bad.ID, op.req.CommandArgs())
	}
	return e.WithHint("with a network, `provision %s` installs it", op.req.CommandArgs())
}

// newestMarked is the newest entry that would satisfy the request if it were not marked bad.
func (op *operation) newestMarked() (newest catalog.WorkerBinary, ok bool) {
	entries, _ := op.opts.Catalog.List()
	var latest catalog.Version
	for _, w := range entries {
		v := provisioner.Result{Worker: w}.Version()
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
