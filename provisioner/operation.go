package provisioner

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

// operation is one request on its way to a Result.
type operation struct {
	*Provisioner
	req     Request
	id      string
	sources []Source

	mu    sync.Mutex // guards what follows, and calls of req.OnEvent
	tried []Attempt  // candidates that failed to install, best first
	asked []Attempt  // what vendors and their refusals said, by source
	out   map[string]bool
}

func newOperation(p *Provisioner, req Request) *operation {
	return &operation{Provisioner: p, req: req, id: rand.Text()[:12], out: map[string]bool{}}
}

// tell sends an event on its way.
func (op *operation) tell(e Event) {
	if op.req.OnEvent == nil {
		return
	}
	op.mu.Lock()
	defer op.mu.Unlock()
	e.Time, e.Operation, e.Type = time.Now().UTC(), op.id, op.req.Type
	op.req.OnEvent(e)
}

// finish tells the terminal event.
func (op *operation) finish(result Result, err error) {
	switch kind := KindOf(err); {
	case err == nil:
		op.tell(Event{Action: ActionDone, ID: result.Worker.ID, Version: result.Worker.Version, Fallback: result.Fallback,
			Message: result.Reason})
	case kind == Cancelled:
		op.tell(Event{Action: ActionCancelled, Kind: kind, Message: err.Error()})
	default:
		op.tell(Event{Action: ActionFailed, Kind: kind, Message: err.Error(), Hint: HintOf(err)})
	}
}

// skip notes that a candidate failed to install, and tells it. A vendor at fault is out for the rest of the operation.
func (op *operation) skip(c candidate, err error) {
	a := c.attempt(KindOf(err), plainMessage(err))
	op.mu.Lock()
	op.tried = append(op.tried, a)
	op.out[c.source.Vendor] = op.out[c.source.Vendor] || a.Kind == PluginFault
	op.mu.Unlock()
	op.tell(Event{Action: ActionSkip, Vendor: a.Vendor, Version: a.Version, Kind: a.Kind, Message: a.Reason})
}

// attempts are all that was tried and asked, best first.
func (op *operation) attempts() []Attempt { return slices.Concat(op.tried, op.asked) }

// noCandidate is the error of an operation that found nothing to install.
func (op *operation) noCandidate() error {
	e := &NoCandidateError{Request: op.req, Kind: NotFound, Attempts: op.attempts()}
	if len(e.Attempts) > 0 {
		e.Kind = e.Attempts[0].Kind
	}
	return e
}

func (op *operation) notInstalled() error {
	return Errorf(NotFound, "no worker for %s on %s is installed", op.req, op.req.target()).
		WithHint("run `provision %s` with a network to install it", op.req.Type)
}

// ensure implements Provisioner.Ensure.
func (op *operation) ensure(ctx context.Context) (Result, error) {
	have, err := op.installed()
	if err != nil || !have.isNone() && !have.Fallback && !op.req.Force {
		return have, err
	}
	return op.provision(ctx)
}

// provision implements Provisioner.Provision: the sources first, the fallback sources only if those yield nothing and
// nothing else is installed.
func (op *operation) provision(ctx context.Context) (Result, error) {
	have, err := op.installed()
	if err != nil {
		return Result{}, err
	}
	if op.req.Offline {
		if have.isNone() {
			err = op.notInstalled()
		}
		return have, err
	}
	genuine := have
	if have.Fallback {
		genuine = Result{}
	}
	result, err := op.best(ctx, op.sourcesWhere(false), genuine)
	if err != nil || !result.isNone() {
		return result, err
	}
	if op.req.Strict || len(op.sourcesWhere(true)) == 0 {
		return Result{}, op.noCandidate()
	}
	return op.fallBack(ctx, have)
}

// fallBack turns to the fallback sources. have is what they yielded before, if anything.
func (op *operation) fallBack(ctx context.Context, have Result) (Result, error) {
	reason := "no source yields an installable worker"
	if attempts := op.attempts(); len(attempts) > 0 {
		reason = attempts[0].String()
	}
	op.tell(Event{Action: ActionFallback, Message: reason})
	result, err := op.best(ctx, op.sourcesWhere(true), have)
	if err != nil {
		return Result{}, err
	}
	if result.isNone() {
		return Result{}, op.noCandidate()
	}
	result.Fallback, result.Reason = true, reason
	return result, nil
}

func (op *operation) sourcesWhere(fallback bool) []Source {
	var chosen []Source
	for _, s := range op.sources {
		if s.Fallback == fallback {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// best installs the best candidate of sources that can be installed, unless have is as good. Without either it returns no
// worker and no error.
func (op *operation) best(ctx context.Context, sources []Source, have Result) (Result, error) {
	candidates, err := op.resolve(ctx, sources)
	if err != nil {
		return Result{}, err
	}
	for _, c := range candidates {
		if op.out[c.source.Vendor] {
			continue
		}
		if c.isCoveredBy(have) && !op.req.Force {
			op.warnOfChange(c, have)
			break
		}
		result, err := op.install(ctx, c)
		if err == nil {
			result.Reason = op.whyNotNewer()
			return result, nil
		}
		if !KindOf(err).Skippable() || ctx.Err() != nil {
			return Result{}, err
		}
		op.skip(c, err)
	}
	if !have.isNone() {
		have.Reason = op.whyNotNewer()
	}
	return have, nil
}

// whyNotNewer tells what may have kept op from something newer: a candidate that failed, or a source that did not answer.
func (op *operation) whyNotNewer() string {
	for _, a := range op.attempts() {
		if didNotAnswer := a.Version == "" && a.Asset == "" && a.Kind != NotFound; didNotAnswer || len(op.tried) > 0 {
			return "there may be a newer one: " + a.String()
		}
	}
	return ""
}

// warnOfChange tells that upstream now publishes other bytes under a version that is installed; they are not taken.
func (op *operation) warnOfChange(c candidate, have Result) {
	if changed := c.changedSince(have.Provenance); changed != nil && c.release.Version.Compare(have.version()) == 0 {
		op.tell(Event{Action: ActionWarn, Vendor: c.source.Vendor, Version: c.release.Version.String(), Kind: DigestMismatch,
			Message: changed.Message + "; kept what is installed"})
	}
}
