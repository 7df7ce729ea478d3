package engine

import (
	"context"

	"github.com/rbee-keeper/provision/provisioner"
)

// ensure implements Provisioner.Ensure.
func (op *operation) ensure(ctx context.Context) (provisioner.Result, error) {
	have, err := op.recoverAndFind(ctx)
	op.backoffAll = true
	switch {
	case err != nil:
		return have, err
	case have.IsZero() || have.Fallback || op.req.Force || len(op.damaged) > 0:
		return op.improve(ctx, have)
	case have.Provenance != nil && have.Provenance.Volatile:
		return op.recheck(ctx, have)
	default:
		return have, nil
	}
}

// provision implements Provisioner.Provision, and with a plan Provisioner.Resolve: nothing is installed then.
func (op *operation) provision(ctx context.Context) (provisioner.Result, error) {
	have, err := op.recoverAndFind(ctx)
	if err != nil {
		return provisioner.Result{}, err
	}
	return op.improve(ctx, have)
}

// improve returns the best worker that can be had, given what is installed (have):
//
//   - the best candidate of the sources, if it is better than have;
//   - have, if the sources yield nothing better;
//   - the best candidate of the fallback sources, if the sources yield nothing and nothing is installed.
func (op *operation) improve(ctx context.Context, have provisioner.Result) (provisioner.Result, error) {
	if op.req.Offline && have.IsZero() {
		return provisioner.Result{}, op.notInstalled()
	}
	if op.req.Offline {
		return have, nil
	}
	notFallback := have
	if have.Fallback {
		notFallback = provisioner.Result{}
	}
	result, err := op.installBest(ctx, op.sourcesWhere(false), notFallback, have)
	if err != nil || !result.IsZero() {
		return result, err
	}
	if op.req.Strict || len(op.sourcesWhere(true)) == 0 {
		return provisioner.Result{}, op.noCandidate()
	}
	return op.fallBack(ctx, have)
}

// fallBack asks the fallback sources. have is what they yielded before, if anything.
func (op *operation) fallBack(ctx context.Context, have provisioner.Result) (provisioner.Result, error) {
	reason := "only a fallback source was to be asked"
	if attempts := op.attempts(); len(attempts) > 0 {
		reason = provisioner.Decisive(attempts).String()
	}
	if op.plan == nil {
		op.publish(provisioner.Event{Action: provisioner.ActionFallback, Message: reason})
	}
	result, err := op.installBest(ctx, op.sourcesWhere(true), have, have)
	if err != nil {
		return provisioner.Result{}, err
	}
	if result.IsZero() {
		return provisioner.Result{}, op.noCandidate()
	}
	result.Fallback, result.Reason = true, reason
	return result, nil
}

func (op *operation) sourcesWhere(fallback bool) []provisioner.Source {
	var chosen []provisioner.Source
	for _, s := range op.sources {
		if s.Fallback == fallback {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// installBest installs the best candidate of sources that can be installed, unless have is as good. Without either it
// returns a zero Result and no error. spare, which may be a fallback, is returned if the sources can't be asked, or if
// this machine can't install anything.
//
// It is the one loop that decides: Resolve runs it with a plan, in which install records its candidate.
func (op *operation) installBest(
	ctx context.Context, sources []provisioner.Source, have, spare provisioner.Result,
) (provisioner.Result, error) {
	if op.plan == nil {
		sources = op.sourcesToAsk(sources, have)
	}
	candidates, err := op.resolve(ctx, sources)
	if err != nil {
		return op.keepOnFatal(ctx, err, spare)
	}
	op.plan.list(candidates)
	current := op.current(have)
	for i, c := range candidates {
		if op.faultyVendors[c.source.Vendor] {
			continue
		}
		if op.isCovered(c, current) {
			op.reportCovered(candidates[i:], have)
			break
		}
		if c.unusable != nil {
			op.skip(c, c.unusable)
			continue
		}
		result, err := op.install(ctx, c)
		if err == nil {
			op.dropGone(ctx, result)
			result.Reason = op.whyNotNewer()
			return result, nil
		}
		if provisioner.KindOf(err) == provisioner.Other {
			return op.keepOnFatal(ctx, err, spare)
		}
		if !provisioner.KindOf(err).Skippable() || ctx.Err() != nil {
			return provisioner.Result{}, err
		}
		op.recordFailure(c, err)
		op.skip(c, err)
	}
	if !have.IsZero() && op.req.Force {
		return provisioner.Result{}, op.noCandidate()
	}
	if !have.IsZero() {
		have.Reason = op.whyNotNewer()
	}
	return have, nil
}

// isCovered reports whether what is installed makes it needless to install c. With Force the same version is installed
// again, but never an older one. A build whose source has changed since is installed again too.
func (op *operation) isCovered(c candidate, have provisioner.Result) bool {
	if have.IsZero() {
		return false
	}
	order := c.release.Version.Compare(have.Version())
	return order < 0 || order == 0 && !op.req.Force && !c.isRevised(have.Provenance)
}

// keepOnFatal decides on a fatal error of a source, or of this machine. No other candidate is tried then, but what is
// installed keeps serving, unless the user must correct the configuration or asked for more than that.
func (op *operation) keepOnFatal(ctx context.Context, err error, have provisioner.Result) (provisioner.Result, error) {
	if have.IsZero() || op.req.Force || ctx.Err() != nil || provisioner.KindOf(err) == provisioner.InvalidConfig {
		return provisioner.Result{}, err
	}
	op.warn(err, "kept what is installed")
	have.Reason = err.Error()
	return have, nil
}

// whyNotNewer describes what may have prevented a newer worker: a candidate that failed, or a source that did not
// answer.
func (op *operation) whyNotNewer() string {
	for _, a := range op.attempts() {
		if len(op.failedCandidates) > 0 || a.Version == "" && didNotAnswer[a.Kind] {
			return "there may be a newer one: " + a.String()
		}
	}
	return ""
}

// didNotAnswer are the kinds of errors of a source that did not report what it has.
var didNotAnswer = map[provisioner.Kind]bool{
	provisioner.Unreachable: true, provisioner.RateLimited: true, provisioner.Unauthorized: true,
	provisioner.PluginFault: true,
}

// reportCovered is called with the candidates that are not worth installing, given what is installed. If other bytes
// are now published under the installed version, it warns; they are not installed.
func (op *operation) reportCovered(candidates []candidate, have provisioner.Result) {
	for _, c := range candidates {
		if op.req.Force {
			older := provisioner.Errorf(provisioner.NotFound, "older than %s, which is installed", have.Worker.Version)
			op.sourceResults = append(op.sourceResults, c.attempt(older))
			continue
		}
		changed := c.changedSince(have.Provenance)
		if changed != nil && op.plan == nil && c.release.Version.Compare(have.Version()) == 0 {
			op.warn(changed, "kept what is installed")
		}
	}
}
