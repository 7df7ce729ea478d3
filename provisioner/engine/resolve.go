package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// answer is what one source said.
type answer struct {
	resolution provisioner.Resolution
	err        error
}

// resolve asks sources in parallel and returns what they offer and the host accepts, best first. What they refuse is noted in
// op.asked. Its error is fatal.
func (op *operation) resolve(ctx context.Context, sources []provisioner.Source) ([]candidate, error) {
	answers := make([]answer, len(sources))
	var wg sync.WaitGroup
	for i, s := range sources {
		if op.out[s.Vendor] {
			answers[i].err = &provisioner.Error{Kind: provisioner.PluginFault, Vendor: s.Vendor, Message: "not asked again after a fault"}
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
		candidates = append(candidates, op.judge(sources[i], i, a)...)
		if a.err != nil && !provisioner.KindOf(a.err).Skippable() && fatal == nil {
			fatal = a.err
		}
	}
	sortCandidates(candidates)
	return candidates, fatal
}

// judge sorts one source's answer into candidates and attempts.
func (op *operation) judge(s provisioner.Source, rank int, a answer) []candidate {
	if a.err != nil {
		attempt := provisioner.Attempt{Vendor: s.Vendor, Kind: provisioner.KindOf(a.err), Reason: provisioner.ReasonOf(a.err), RetryAt: provisioner.RetryAtOf(a.err)}
		if op.noteRejected(s, a.resolution); len(a.resolution.Rejected) == 0 { // else the error is one of those
			op.asked = append(op.asked, attempt)
		}
		op.exclude(s.Vendor, attempt.Kind)
		if attempt.Kind.Skippable() {
			op.publish(provisioner.Event{Action: provisioner.ActionSkip, Vendor: s.Vendor, Kind: attempt.Kind, Message: attempt.Reason,
				RetryAt: attempt.RetryAt})
		}
		return nil
	}
	known := len(op.asked)
	var accepted []candidate
	for _, r := range a.resolution.Releases {
		c := candidate{source: s, rank: rank, release: r}
		refusal := c.refusal(op.req)
		if refusal == nil {
			refusal = op.markedBad(c)
		}
		if refusal != nil {
			op.asked = append(op.asked, c.attempt(refusal))
			continue
		}
		c.unusable = op.paused(op.candidatePause(c), unusableFor)
		accepted = append(accepted, c)
	}
	op.noteCheck(s, a.resolution, accepted)
	op.noteVolatile(s, a.resolution)
	op.noteRejected(s, a.resolution)
	if len(a.resolution.Releases)+len(a.resolution.Rejected) == 0 {
		op.asked = append(op.asked, provisioner.Attempt{Vendor: s.Vendor, Kind: provisioner.NotFound, Reason: "offers no release"})
	}
	var absence *provisioner.Attempt
	if len(accepted) == 0 {
		attempt := provisioner.Decisive(op.asked[known:])
		absence = &attempt
	}
	op.noteAbsence(s, absence)
	op.reportPassedOver(op.asked[known:], accepted)
	return accepted
}

func (op *operation) noteRejected(s provisioner.Source, r provisioner.Resolution) {
	for _, r := range r.Rejected {
		op.asked = append(op.asked, provisioner.Attempt{Vendor: s.Vendor, Version: r.Version, Asset: r.Asset, Kind: r.Kind, Reason: r.Reason})
	}
}

// undecided is an error where nothing is offered and a whole release was refused because its assets tie, the newest of those: to
// go on with another source would take from the user what only the user can decide.
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
	for _, file := range []string{op.sourcePause(s), op.absencePause(s)} {
		if err := op.paused(file, longestPause); err != nil {
			return answer{err: blame(ctx, s, err)}
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
	op.noteAnswer(s, took, a.err)
	return a
}

// withVendor opens the vendor of s for one call, and blames it for what goes wrong in it.
func (op *operation) withVendor(ctx context.Context, s provisioner.Source, folders provisioner.Folders, call func(provisioner.Vendor, provisioner.Query) error) error {
	if op.opts.CacheDir != nil {
		folders.Cache = op.opts.CacheDir(s.Vendor)
	}
	v, err := op.opts.Vendors.Open(ctx, s.Vendor, folders)
	if err != nil {
		return blame(ctx, s, err)
	}
	op.noteConfinement(v)
	err = call(v, op.query(s, folders.Cache))
	if closeErr := v.Close(); err == nil {
		err = closeErr
	}
	return blame(ctx, s, err)
}

func (op *operation) query(s provisioner.Source, cacheDir string) provisioner.Query {
	return provisioner.Query{
		Type: op.req.Type, Platform: op.req.Platform, Arch: op.req.Arch, Constraint: op.req.Constraint,
		Binary: s.Binary, Host: op.host(), Config: s.Config, With: s.With, CacheDir: cacheDir,
	}
}

// blame makes any failure of a source's vendor an *Error that names it, and the place in the configuration that is to be mended.
// One that is not of a known kind breaks the contract of VendorSource, and so is the vendor's fault.
func blame(ctx context.Context, s provisioner.Source, err error) error {
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
	blamed := e.WithVendor(s.Vendor)
	if e.Kind == provisioner.InvalidConfig && s.Where != "" {
		blamed.Message = s.Where + ": " + blamed.Message
	}
	return blamed
}
