package engine

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/internal/calls"
	"github.com/rbee-keeper/provision/provisioner/internal/structkey"
)

// Provisioner installs workers. Its methods may be called from many goroutines and processes at once.
type Provisioner struct {
	opts  Options
	calls calls.Group
	// warnedUnconfined is true after a warning that vendors run without a sandbox.
	warnedUnconfined atomic.Bool
}

// New returns a Provisioner. The error is an *Error of kind InvalidConfig if a source has an invalid launch template.
func New(opts Options) (*Provisioner, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	return &Provisioner{opts: opts}, nil
}

// Provision asks the configured sources for the newest worker that fits, installs it unless it is installed already,
// and returns it. If none can be had, what is installed is returned with the Reason. KindOf classifies the error: an
// *Error, a *NoCandidateError, or a failure of this machine such as a full disk.
//
// Equal requests that are made at the same time share one operation, which ends early only when the last of them is
// cancelled.
func (p *Provisioner) Provision(ctx context.Context, req provisioner.Request) (provisioner.Result, error) {
	return p.run(ctx, req, "provision", (*operation).provision)
}

// Ensure returns what is installed and fits, without asking any vendor, and provisions only what is missing:
//
//   - A damaged entry is missing, and is installed again. Request.Verify says how closely entries are verified.
//   - What a volatile source delivered, such as a folder of this machine, is current only as long as that is unchanged:
//     this source, and no other, is asked each time.
//   - While only a fallback is installed, the other sources are asked too. A source that failed or had nothing is left
//     alone for a while, which grows from a minute to an hour.
//
// Ensure does not update: Provision does.
func (p *Provisioner) Ensure(ctx context.Context, req provisioner.Request) (provisioner.Result, error) {
	return p.run(ctx, req, "ensure", (*operation).ensure)
}

// Installed returns what is installed and fits. Otherwise it returns an *Error: of kind NotFound, or of kind BadPayload
// if the only entry that would fit is damaged. It asks no vendor and writes nothing.
func (p *Provisioner) Installed(ctx context.Context, req provisioner.Request) (provisioner.Result, error) {
	op, err := p.begin(req)
	if err != nil {
		return provisioner.Result{}, err
	}
	have, err := op.installed(ctx)
	if err == nil && have.IsZero() {
		err = op.notInstalled()
	}
	return have, err
}

// VerifyLevel is how closely p verifies an entry before it returns it, unless a request says otherwise.
func (p *Provisioner) VerifyLevel() provisioner.VerifyLevel { return p.opts.Verify }

// Catalog returns the catalog that p installs into.
func (p *Provisioner) Catalog() *catalog.WorkerCatalog { return p.opts.Catalog }

// begin checks a request and creates its operation.
func (p *Provisioner) begin(req provisioner.Request) (*operation, error) {
	req, err := req.Complete()
	if err != nil {
		return nil, err
	}
	op := newOperation(p, req)
	op.sources, err = p.sourcesFor(req)
	return op, err
}

// sourcesFor returns the sources that serve req, in the order of the configuration.
func (p *Provisioner) sourcesFor(req provisioner.Request) ([]provisioner.Source, error) {
	sources, ok := p.opts.Sources[req.Type]
	if !ok {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "unknown worker type %q: no source is configured for it",
			req.Type).
			WithHint("configured are %s; add another under `workers:` in the configuration", p.Types())
	}
	if req.Vendor == "" {
		return sources, nil
	}
	var chosen []provisioner.Source
	for _, s := range sources {
		if s.Vendor == req.Vendor {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "vendor %q is not configured for %s", req.Vendor, req.Type).
			WithHint("add it under `workers: %s: sources:`, or choose another vendor", req.Type)
	}
	return chosen, nil
}

// Types lists the worker types that have sources, in alphabetical order.
func (p *Provisioner) Types() []catalog.WorkerType { return slices.Sorted(maps.Keys(p.opts.Sources)) }

// run joins the call of an equal request, or starts one. Its events end with exactly one terminal event.
func (p *Provisioner) run(
	ctx context.Context, req provisioner.Request, mode string, do func(*operation, context.Context) (provisioner.Result,
		error),
) (provisioner.Result, error) {
	queue := calls.NewEventQueue(req.OnEvent)
	defer queue.Flush()
	work := func(ctx context.Context, c *calls.Call) (provisioner.Result, error) {
		req.OnEvent = c.Publish
		return p.operate(ctx, req, do)
	}
	return p.calls.Join(ctx, callKey(mode, req), queue, work).Wait(ctx, queue)
}

// callKey is equal for requests that ask for the same in the same way.
func callKey(mode string, req provisioner.Request) string {
	return mode + " " + structkey.Of(req, "OnEvent")
}

// operate runs an operation and publishes its terminal event.
func (p *Provisioner) operate(
	ctx context.Context, req provisioner.Request, do func(*operation, context.Context) (provisioner.Result, error),
) (provisioner.Result, error) {
	op, err := p.begin(req)
	if err != nil {
		newOperation(p, req).finish(provisioner.Result{}, err)
		return provisioner.Result{}, err
	}
	result, err := do(op, ctx)
	err = orCancelled(ctx, err)
	if err == nil {
		_ = p.opts.Catalog.Touch(result.Worker.ID) // nothing depends on when an entry was last used
	}
	op.finish(result, err)
	return result, err
}

// orCancelled returns err, or an error of kind Cancelled if ctx has ended.
func orCancelled(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return provisioner.CancelledError(ctx.Err())
	}
	return err
}
