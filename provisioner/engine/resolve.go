package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/internal/backoff"
)

// answer is what one source answered.
type answer struct {
	resolution provisioner.Resolution
	err        error
}

// resolve asks sources in parallel and returns the candidates that the host accepts, best first. What they reject is
// recorded in op.sourceResults. An error is fatal.
func (op *operation) resolve(ctx context.Context, sources []provisioner.Source) ([]candidate, error) {
	answers := make([]answer, len(sources))
	var wg sync.WaitGroup
	for i, s := range sources {
		if op.faultyVendors[s.Vendor] {
			fault := provisioner.Errorf(provisioner.PluginFault, "not asked again after a fault")
			answers[i].err = fault.WithVendor(s.Vendor)
			continue
		}
		wg.Go(func() { answers[i] = op.ask(ctx, s) })
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var candidates []candidate
	var fatal error
	for i, a := range answers {
		candidates = append(candidates, op.accept(sources[i], i, a)...)
		if a.err != nil && !provisioner.KindOf(a.err).Skippable() && fatal == nil {
			fatal = a.err
		}
	}
	sortCandidates(candidates)
	return candidates, fatal
}

// accept returns the candidates of one source's answer, and records everything else that it contains.
func (op *operation) accept(s provisioner.Source, rank int, a answer) []candidate {
	if a.err != nil {
		op.recordSourceError(s, a)
		return nil
	}
	known := len(op.sourceResults)
	var accepted []candidate
	for _, r := range a.resolution.Releases {
		c := candidate{source: s, rank: rank, release: r}
		refusal := c.refusal(op.req)
		if refusal == nil {
			refusal = op.markedBad(c)
		}
		if refusal != nil {
			op.sourceResults = append(op.sourceResults, c.attempt(refusal))
			continue
		}
		c.unusable = op.paused(op.candidatePause(c), backoff.UnusableLimit)
		accepted = append(accepted, c)
	}
	op.recordCheck(s, a.resolution, accepted)
	op.recordVolatile(s, a.resolution)
	op.recordRejected(s, a.resolution)
	if len(a.resolution.Releases)+len(a.resolution.Rejected) == 0 {
		op.sourceResults = append(op.sourceResults,
			provisioner.Attempt{Vendor: s.Vendor, Kind: provisioner.NotFound, Reason: "offers no release"})
	}
	var absence *provisioner.Attempt
	if len(accepted) == 0 {
		attempt := provisioner.Decisive(op.sourceResults[known:])
		absence = &attempt
	}
	op.recordAbsence(s, absence)
	op.reportPassedOver(op.sourceResults[known:], accepted)
	return accepted
}

// recordSourceError records that a source failed. If it rejected something too, the error is one of the rejections.
func (op *operation) recordSourceError(s provisioner.Source, a answer) {
	attempt := provisioner.Attempt{Vendor: s.Vendor, Kind: provisioner.KindOf(a.err), Reason: provisioner.ReasonOf(a.err),
		RetryAt: provisioner.RetryAtOf(a.err)}
	if op.recordRejected(s, a.resolution); len(a.resolution.Rejected) == 0 {
		op.sourceResults = append(op.sourceResults, attempt)
	}
	op.excludeIfFaulty(s.Vendor, attempt.Kind)
	if attempt.Kind.Skippable() {
		op.publish(skipEvent(attempt))
	}
}

func (op *operation) recordRejected(s provisioner.Source, r provisioner.Resolution) {
	for _, r := range r.Rejected {
		op.sourceResults = append(op.sourceResults,
			provisioner.Attempt{Vendor: s.Vendor, Version: r.Version, Asset: r.Asset, Kind: r.Kind, Reason: r.Reason})
	}
}

// undecided returns an error if nothing is offered and a whole release, the newest of them, was rejected because its
// assets tie. Only the user can decide that, so no other source is tried.
func undecided(r provisioner.Resolution) error {
	for _, refusal := range r.Rejected {
		if len(r.Releases) == 0 && refusal.Asset == "" && refusal.Kind == provisioner.AmbiguousAsset {
			return provisioner.Errorf(refusal.Kind, "release %s: %s", refusal.Version, refusal.Reason)
		}
	}
	return nil
}

// ask opens a source's vendor and resolves through it.
func (op *operation) ask(ctx context.Context, s provisioner.Source) (a answer) {
	for _, file := range []backoff.File{op.sourcePause(s), op.absencePause(s)} {
		if err := op.paused(file, backoff.SourceLimit); err != nil {
			return answer{err: asVendorError(ctx, s, err)}
		}
	}
	op.publish(provisioner.Event{Action: provisioner.ActionResolve, Vendor: s.Vendor})
	var took time.Duration // of the answer, without the start of a process
	deadline, cancel := context.WithTimeoutCause(ctx, op.opts.ResolveTimeout,
		provisioner.Errorf(provisioner.PluginFault, "no answer within %s", op.opts.ResolveTimeout))
	defer cancel()
	a.err = op.withVendor(deadline, s, provisioner.Folders{}, func(v provisioner.Vendor, q provisioner.Query) (err error) {
		start := time.Now()
		a.resolution, err = v.Resolve(deadline, q)
		took = time.Since(start)
		if err == nil {
			sortRejections(a.resolution.Rejected)
			err = undecided(a.resolution)
		}
		return err
	})
	op.recordAnswer(s, took, a.err)
	return a
}

// withVendor opens the vendor of s for one call. Whatever fails in it is an error of the vendor.
func (op *operation) withVendor(
	ctx context.Context, s provisioner.Source, folders provisioner.Folders,
	call func(provisioner.Vendor, provisioner.Query) error,
) error {
	if op.opts.CacheDir != nil {
		folders.Cache = op.opts.CacheDir(s.Vendor)
	}
	v, err := op.opts.Vendors.Open(ctx, s.Vendor, folders)
	if err != nil {
		return asVendorError(ctx, s, err)
	}
	op.warnUnconfined(v)
	err = call(v, op.query(s, folders.Cache))
	if closeErr := v.Close(); err == nil {
		err = closeErr
	}
	return asVendorError(ctx, s, err)
}

func (op *operation) query(s provisioner.Source, cacheDir string) provisioner.Query {
	return provisioner.Query{
		Type: op.req.Type, Platform: op.req.Platform, Arch: op.req.Arch, Constraint: op.req.Constraint,
		Binary: s.Binary, Host: op.host(), Config: s.Config, With: s.With, CacheDir: cacheDir,
	}
}

// asVendorError turns any failure of a source's vendor into an *Error that names the vendor and, for a mistake in the
// configuration, the place to correct. An error without a known kind breaks the contract of VendorSource: it is a
// PluginFault.
func asVendorError(ctx context.Context, s provisioner.Source, err error) error {
	if err == nil {
		return nil
	}
	if cause, ok := errors.AsType[*provisioner.Error](context.Cause(ctx)); ok {
		err = cause
	} else if ctx.Err() != nil {
		err = provisioner.CancelledError(ctx.Err())
	}
	e, ok := errors.AsType[*provisioner.Error](err)
	if !ok || !e.Kind.Valid() {
		e = &provisioner.Error{Kind: provisioner.PluginFault, Message: err.Error(), Err: err}
	}
	named := e.WithVendor(s.Vendor)
	if e.Kind == provisioner.InvalidConfig && s.Where != "" {
		named.Message = s.Where + ": " + named.Message
	}
	return named
}
