package provisioner

import (
	"context"

	"github.com/rbee-keeper/provision/catalog"
)

// Plan tells what a Provision would do now, and why it would do nothing else.
type Plan struct {
	Chosen     *Choice  `json:"chosen"` // nil where nothing can be had
	Candidates []Choice `json:"candidates"`
}

// Choice is a candidate, or what was refused instead of becoming one.
type Choice struct {
	Vendor    string `json:"vendor,omitempty"`
	Version   string `json:"version,omitempty"`
	Asset     string `json:"asset,omitempty"`
	Kind      Kind   `json:"kind,omitempty"`   // why it is not chosen; empty for a candidate that could be installed
	Reason    string `json:"reason,omitempty"` // the same for a person
	Installed bool   `json:"installed,omitempty"`
	Fallback  bool   `json:"fallback,omitempty"`
}

// Resolve tells what Provision would install, and why not each other candidate. It fetches nothing. Where nothing can be
// had, the Plan comes with a *NoCandidateError.
func (p *Provisioner) Resolve(ctx context.Context, req Request) (Plan, error) {
	op, err := p.begin(req)
	if err != nil {
		return Plan{}, err
	}
	have, err := op.installed()
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Candidates: []Choice{}}
	for _, fallback := range []bool{false, true} {
		if plan.Chosen != nil || fallback && op.req.Strict {
			break
		}
		candidates, err := op.resolve(ctx, op.sourcesWhere(fallback))
		if err != nil {
			return Plan{}, err
		}
		if !have.isNone() && have.Fallback == fallback && !op.req.Force {
			plan.keep(have, candidates)
		}
		plan.add(candidates, fallback)
	}
	plan.addAttempts(op.asked)
	if plan.Chosen == nil {
		return plan, op.noCandidate()
	}
	return plan, nil
}

// keep chooses what is installed unless a candidate is newer.
func (plan *Plan) keep(have Result, candidates []candidate) {
	if len(candidates) > 0 && !candidates[0].isCoveredBy(have) {
		return
	}
	plan.Chosen = &Choice{Version: have.Worker.Version, Reason: "installed, and nothing newer is offered", Installed: true,
		Fallback: have.Fallback}
	if p := have.Provenance; p != nil {
		plan.Chosen.Vendor = p.Vendor
		if len(p.Brought) > 0 && p.Integrity != catalog.Built {
			plan.Chosen.Asset = p.Brought[0].Name
		}
	}
}

// add lists candidates, and chooses the first if nothing is chosen yet.
func (plan *Plan) add(candidates []candidate, fallback bool) {
	for _, c := range candidates {
		choice := Choice{Vendor: c.source.Vendor, Version: c.release.Version.String(), Asset: c.asset(), Fallback: fallback}
		switch {
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
}

func (plan *Plan) addAttempts(attempts []Attempt) {
	for _, a := range attempts {
		plan.Candidates = append(plan.Candidates,
			Choice{Vendor: a.Vendor, Version: a.Version, Asset: a.Asset, Kind: a.Kind, Reason: a.Reason})
	}
}
