package engine

import (
	"cmp"
	"context"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Plan tells what a Provision would do now, and why it would do nothing else.
type Plan struct {
	Chosen     *PlanItem  `json:"chosen"` // nil where nothing can be had
	Candidates []PlanItem `json:"candidates"`
}

// PlanItem is a candidate, or what was refused instead of becoming one.
type PlanItem struct {
	Vendor    string           `json:"vendor,omitempty"`
	Version   string           `json:"version,omitempty"`
	Asset     string           `json:"asset,omitempty"`
	Kind      provisioner.Kind `json:"kind,omitempty"`    // why it is not chosen; empty for a candidate that could be installed
	Reason    string           `json:"reason,omitempty"`  // the same for a person
	RetryAt   time.Time        `json:"retry_at,omitzero"` // when that may be over
	Installed bool             `json:"already_installed,omitempty"`
	Fallback  bool             `json:"fallback,omitempty"`
}

// Resolve tells what Provision would install, and why not each other candidate. It fetches nothing. The Plan comes also with an
// error, and then tells what was looked at: a *NoCandidateError where nothing can be had, or what Provision would fail with.
func (p *Provisioner) Resolve(ctx context.Context, req provisioner.Request) (Plan, error) {
	op, err := p.begin(req)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Candidates: []PlanItem{}}
	err = op.plan(ctx, &plan)
	plan.addAttempts(op.attempts())
	return plan, orCancelled(ctx, err)
}

// plan goes the way of provision without installing anything.
func (op *operation) plan(ctx context.Context, plan *Plan) error {
	have, err := op.present(ctx)
	if err != nil {
		return err
	}
	for _, fallback := range []bool{false, true} {
		if plan.Chosen != nil || fallback && op.req.Strict || op.req.Offline {
			break
		}
		mine := have
		if have.Fallback != fallback {
			mine = provisioner.Result{}
		}
		candidates, err := op.resolve(ctx, op.sourcesWhere(fallback))
		if err != nil {
			kept, err := op.keepDespite(ctx, err, have)
			if err == nil {
				op.keep(plan, kept, kept.Reason)
			}
			return err
		}
		op.choose(plan, candidates, mine, fallback)
		if plan.Chosen == nil && !mine.IsZero() { // and is not taken, by force
			break
		}
	}
	switch {
	case plan.Chosen != nil:
		return nil
	case !op.req.Offline:
		return op.noCandidate()
	case have.IsZero():
		return op.notInstalled()
	default:
		op.keep(plan, have, "installed; no source was asked")
		return nil
	}
}

// choose puts what best would take first, and the other candidates after it.
func (op *operation) choose(plan *Plan, candidates []candidate, have provisioner.Result, fallback bool) {
	current := op.current(have)
	for _, c := range candidates {
		choice := PlanItem{Vendor: c.source.Vendor, Version: c.release.Version.String(), Asset: c.asset(), Fallback: fallback}
		if op.out[c.source.Vendor] {
			choice.Kind, choice.Reason = provisioner.PluginFault, "the vendor is at fault"
			plan.Candidates = append(plan.Candidates, choice)
			continue
		}
		isCovered := plan.Chosen == nil && op.isCovered(c, current)
		if isCovered && !op.req.Force {
			op.keep(plan, have, op.whyNotNewer())
		}
		switch {
		case isCovered && op.req.Force:
			op.noteOlder(c, have)
			continue
		case plan.Chosen == nil && c.unusable != nil:
			op.tried = append(op.tried, c.attempt(c.unusable))
			continue
		case plan.Chosen == nil:
			plan.Chosen = &choice
			continue
		case choice.Version != plan.Chosen.Version:
			choice.Reason = "older than " + plan.Chosen.Version
		case plan.Chosen.Installed && plan.Chosen.Vendor == choice.Vendor:
			continue // it is the one that is installed
		default:
			choice.Reason = "the same version from an earlier source is preferred"
		}
		plan.Candidates = append(plan.Candidates, choice)
	}
	if plan.Chosen == nil && !have.IsZero() && !op.req.Force {
		op.keep(plan, have, op.whyNotNewer())
	}
}

// keep chooses what is installed.
func (op *operation) keep(plan *Plan, have provisioner.Result, reason string) {
	plan.Chosen = &PlanItem{Version: have.Worker.Version, Installed: true, Fallback: have.Fallback,
		Reason: cmp.Or(reason, "installed, and nothing newer is offered")}
	if p := have.Provenance; p != nil {
		plan.Chosen.Vendor = p.Vendor
		if len(p.Brought) > 0 && p.Integrity != catalog.Built {
			plan.Chosen.Asset = p.Brought[0].Name
		}
	}
}

func (plan *Plan) addAttempts(attempts []provisioner.Attempt) {
	for _, a := range attempts {
		plan.Candidates = append(plan.Candidates,
			PlanItem{Vendor: a.Vendor, Version: a.Version, Asset: a.Asset, Kind: a.Kind, Reason: a.Reason, RetryAt: a.RetryAt})
	}
}
