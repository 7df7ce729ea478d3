package engine

import (
	"context"

	"github.com/rbee-keeper/provision/provisioner"
)

// ensure implements Provisioner.Ensure.
func (op *operation) ensure(ctx context.Context) (provisioner.Result, error) {
	have, err := op.present(ctx)
	op.patient = true
	switch {
	case err != nil:
		return have, err
	case have.IsZero() || have.Fallback || op.req.Force || len(op.damaged) > 0:
		return op.provisionBeside(ctx, have)
	case have.Provenance != nil && have.Provenance.Volatile:
		return op.recheck(ctx, have)
	default:
		return have, nil
	}
}

// provision implements Provisioner.Provision.
func (op *operation) provision(ctx context.Context) (provisioner.Result, error) {
	have, err := op.present(ctx)
	if err != nil {
		return provisioner.Result{}, err
	}
	return op.provisionBeside(ctx, have)
}

// provisionBeside improves on have, what is installed: from the sources first, from the fallback sources only if those yield
// nothing and nothing else is installed.
func (op *operation) provisionBeside(ctx context.Context, have provisioner.Result) (provisioner.Result, error) {
	if op.req.Offline && have.IsZero() {
		return provisioner.Result{}, op.notInstalled()
	}
	if op.req.Offline {
		return have, nil
	}
	genuine := have
	if have.Fallback {
		genuine = provisioner.Result{}
	}
	result, err := op.best(ctx, op.sourcesWhere(false), genuine, have)
	if err != nil || !result.IsZero() {
		return result, err
	}
	if op.req.Strict || len(op.sourcesWhere(true)) == 0 {
		return provisioner.Result{}, op.noCandidate()
	}
	return op.fallBack(ctx, have)
}

// fallBack turns to the fallback sources. have is what they yielded before, if anything.
func (op *operation) fallBack(ctx context.Context, have provisioner.Result) (provisioner.Result, error) {
	reason := "only a fallback source was to be asked"
	if attempts := op.attempts(); len(attempts) > 0 {
		reason = provisioner.Decisive(attempts).String()
	}
	op.publish(provisioner.Event{Action: provisioner.ActionFallback, Message: reason})
	result, err := op.best(ctx, op.sourcesWhere(true), have, have)
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

// best installs the best candidate of sources that can be installed, unless have is as good. Without either it returns no
// worker and no error. spare, which may be a fallback, is kept where things go so wrong that no candidate can be tried.
func (op *operation) best(ctx context.Context, sources []provisioner.Source, have, spare provisioner.Result) (provisioner.Result, error) {
	sources = op.due(sources, have)
	candidates, err := op.resolve(ctx, sources)
	if err != nil {
		return op.keepDespite(ctx, err, spare)
	}
	current := op.current(have)
	for i, c := range candidates {
		if op.out[c.source.Vendor] {
			continue
		}
		if op.isCovered(c, current) {
			op.passOver(candidates[i:], have)
			break
		}
		if c.unusable != nil {
			op.skip(c, c.unusable)
			continue
		}
		result, err := op.install(ctx, c)
		if err == nil {
			op.dropGone(result)
			result.Reason = op.whyNotNewer()
			return result, nil
		}
		if provisioner.KindOf(err) == provisioner.Other {
			return op.keepDespite(ctx, err, spare)
		}
		if !provisioner.KindOf(err).Skippable() || ctx.Err() != nil {
			return provisioner.Result{}, err
		}
		op.noteFailure(c, err)
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

// isCovered reports whether what is installed makes installing c needless. Forced, the same version is installed again, but
// never an older one; so is a build whose source has changed since.
func (op *operation) isCovered(c candidate, have provisioner.Result) bool {
	if have.IsZero() {
		return false
	}
	order := c.release.Version.Compare(have.Version())
	return order < 0 || order == 0 && !op.req.Force && !c.isRevised(have.Provenance)
}

// keepDespite decides on a fatal error of a source that was asked, or of this machine: nothing more is tried then, but what is
// installed goes on serving, unless the user has to mend the configuration or asked for more than that.
func (op *operation) keepDespite(ctx context.Context, err error, have provisioner.Result) (provisioner.Result, error) {
	if have.IsZero() || op.req.Force || ctx.Err() != nil || provisioner.KindOf(err) == provisioner.InvalidConfig {
		return provisioner.Result{}, err
	}
	op.warn(err, "kept what is installed")
	have.Reason = err.Error()
	return have, nil
}

// whyNotNewer tells what may have kept op from something newer: a candidate that failed, or a source that could not tell.
func (op *operation) whyNotNewer() string {
	for _, a := range op.attempts() {
		if isTried := len(op.tried) > 0; isTried || a.Version == "" && couldNotTell[a.Kind] {
			return "there may be a newer one: " + a.String()
		}
	}
	return ""
}

// couldNotTell are the kinds of a source that did not say what it has.
var couldNotTell = map[provisioner.Kind]bool{provisioner.Unreachable: true, provisioner.RateLimited: true, provisioner.Unauthorized: true, provisioner.PluginFault: true}

// passOver is the end of the candidates that are worth installing, given what is installed. Where upstream now publishes other
// bytes under its version, that is told; they are not taken.
func (op *operation) passOver(candidates []candidate, have provisioner.Result) {
	for _, c := range candidates {
		if op.req.Force {
			op.noteOlder(c, have)
		} else if changed := c.changedSince(have.Provenance); changed != nil && c.release.Version.Compare(have.Version()) == 0 {
			op.warn(changed, "kept what is installed")
		}
	}
}

// noteOlder notes why a forced installation does not take c.
func (op *operation) noteOlder(c candidate, have provisioner.Result) {
	op.asked = append(op.asked, c.attempt(provisioner.Errorf(provisioner.NotFound, "older than %s, which is installed", have.Worker.Version)))
}
