package engine

import (
	"cmp"
	"context"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Plan describes what Provision would do now, and why it would do nothing else.
type Plan struct {
	Chosen     *PlanItem  `json:"chosen"` // nil if no worker can be had
	Candidates []PlanItem `json:"candidates"`

	listed  []candidate // everything that the sources offer, best first
	install *candidate  // what would be installed; nil if nothing would
}

// PlanItem is a candidate, or something that was rejected instead of becoming one.
type PlanItem struct {
	Vendor    string           `json:"vendor,omitempty"`
	Version   string           `json:"version,omitempty"`
	Asset     string           `json:"asset,omitempty"`
	Kind      provisioner.Kind `json:"kind,omitempty"`    // why it is not chosen; empty for one that could be installed
	Reason    string           `json:"reason,omitempty"`  // the same for a person
	RetryAt   time.Time        `json:"retry_at,omitzero"` // when that may have passed
	Installed bool             `json:"already_installed,omitempty"`
	Fallback  bool             `json:"fallback,omitempty"`
}

// Resolve describes what Provision would install, and why not each other candidate. It fetches nothing. The Plan is
// returned also with an error, and then lists what was considered: a *NoCandidateError if nothing can be had, or what
// Provision would fail with.
func (p *Provisioner) Resolve(ctx context.Context, req provisioner.Request) (Plan, error) {
	op, err := p.begin(req)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Candidates: []PlanItem{}}
	op.plan = &plan
	result, err := op.provision(ctx)
	if err == nil {
		plan.choose(op, result)
	}
	plan.addOthers(op)
	for _, a := range op.attempts() {
		plan.Candidates = append(plan.Candidates,
			PlanItem{Vendor: a.Vendor, Version: a.Version, Asset: a.Asset, Kind: a.Kind, Reason: a.Reason, RetryAt: a.RetryAt})
	}
	return plan, orCancelled(ctx, err)
}

// list adds the candidates of some sources. A nil Plan lists nothing.
func (plan *Plan) list(candidates []candidate) {
	if plan != nil {
		plan.listed = append(plan.listed, candidates...)
	}
}

// record notes that c would be installed, and returns the Result of that.
func (plan *Plan) record(c candidate, req provisioner.Request) provisioner.Result {
	plan.install = &c
	worker := catalog.WorkerBinary{ID: c.id(req).String(), Version: c.release.Version.String()}
	return provisioner.Result{Entry: catalog.Entry{Worker: worker}, Installed: true}
}

// choose sets the chosen item: the candidate that would be installed, or what is installed and would be kept.
func (plan *Plan) choose(op *operation, result provisioner.Result) {
	if plan.install != nil {
		item := plan.install.item()
		plan.Chosen = &item
		return
	}
	reason := cmp.Or(result.Reason, "installed, and nothing newer is offered")
	if op.req.Offline {
		reason = "installed; no source was asked"
	}
	plan.Chosen = &PlanItem{Version: result.Worker.Version, Installed: true, Fallback: result.Fallback, Reason: reason}
	if p := result.Provenance; p != nil {
		plan.Chosen.Vendor = p.Vendor
		if len(p.Brought) > 0 && p.Integrity != catalog.Built {
			plan.Chosen.Asset = p.Brought[0].Name
		}
	}
}

// addOthers adds the candidates that are neither chosen nor among the failed attempts, each with the reason.
func (plan *Plan) addOthers(op *operation) {
	for _, c := range plan.listed {
		item := c.item()
		isChosen := plan.install != nil && plan.install.isSame(c)
		switch chosen := plan.Chosen; {
		case op.faultyVendors[c.source.Vendor]:
			item.Kind, item.Reason = provisioner.PluginFault, "the vendor is at fault"
		case isChosen, chosen == nil, op.hasFailed(c):
			continue // what failed is among the attempts
		case item.Version != chosen.Version:
			item.Reason = "older than " + chosen.Version
		case chosen.Installed && chosen.Vendor == item.Vendor:
			continue // it is the one that is installed
		default:
			item.Reason = "the same version from an earlier source is preferred"
		}
		plan.Candidates = append(plan.Candidates, item)
	}
}
