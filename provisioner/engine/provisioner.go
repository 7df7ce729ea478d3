package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/internal/calls"
	"github.com/rbee-keeper/provision/provisioner/internal/structkey"
)

// Options configure a Provisioner. Catalog, Vendors and Sources must be set.
type Options struct {
	Catalog *catalog.WorkerCatalog
	Vendors provisioner.Vendors
	// Sources are where each worker type comes from; of equal versions the earlier source's is taken.
	Sources map[catalog.WorkerType][]provisioner.Source
	// Host holds the facts that the user gave of the machine that workers are for.
	Host provisioner.Host
	// Machine finds the facts of this machine; those in Host take precedence. It is called once, by the first request for
	// this machine that needs it. For another machine only Host counts. Nil knows nothing.
	Machine func() provisioner.Host
	// CacheDir returns an existing folder for a vendor's Query.CacheDir, or "". Nil gives vendors none.
	CacheDir func(vendor string) string
	// StateDir is a folder for what is remembered of sources between runs; empty remembers nothing. It is made when needed.
	StateDir string
	// Installer names the running program and its version in provenance records.
	Installer string
	// ThirdParty tells of which vendors nobody vouches for what they promise; nil is none.
	ThirdParty func(vendor string) bool
	// ResolveTimeout bounds how long a vendor may take to answer; zero is one minute.
	ResolveTimeout time.Duration
	// CheckInterval is how long an answer of a source holds for what is installed; 0 asks at every Provision.
	CheckInterval time.Duration
	// Verify is how closely an entry is looked at before it is returned; empty is VerifySize. Reading every byte costs about a second
	// for each GB.
	Verify provisioner.VerifyLevel
	// IdleTimeout bounds how long a Fetch may make no progress; zero is 15 minutes.
	IdleTimeout time.Duration
	// LockTimeout bounds how long to wait for another process that installs the same; zero is catalog.LockTimeout.
	LockTimeout time.Duration
}

// Provisioner installs workers. Its methods may be called from many goroutines and processes at once.
type Provisioner struct {
	opts  Options
	calls calls.Group
	// warnedUnconfined tells that somebody was warned of vendors without a sandbox.
	warnedUnconfined atomic.Bool
}

// New returns a Provisioner.
func New(opts Options) (*Provisioner, error) {
	if opts.Catalog == nil || opts.Vendors == nil {
		return nil, errors.New("new provisioner: options lack a catalog or vendors")
	}
	if opts.ResolveTimeout == 0 {
		opts.ResolveTimeout = time.Minute
	}
	if opts.IdleTimeout == 0 {
		opts.IdleTimeout = 15 * time.Minute
	}
	if opts.LockTimeout == 0 {
		opts.LockTimeout = catalog.LockTimeout
	}
	opts.Verify = cmp.Or(opts.Verify, provisioner.VerifySize)
	for _, sources := range opts.Sources {
		for _, s := range sources {
			if err := s.Validate(); err != nil {
				return nil, err
			}
		}
	}
	if opts.Machine != nil {
		opts.Machine = sync.OnceValue(opts.Machine)
	}
	return &Provisioner{opts: opts}, nil
}

// Provision asks the configured sources for the newest worker that fits, installs it unless it is installed already, and
// returns it. If none can be had, what is installed is returned with the Reason. KindOf classifies the error: an *Error, a
// *NoCandidateError, or a failure of this machine such as a full disk.
//
// Equal requests at the same time share one operation, which ends early only when the last of them is cancelled.
func (p *Provisioner) Provision(ctx context.Context, req provisioner.Request) (provisioner.Result, error) {
	return p.run(ctx, req, "provision", (*operation).provision)
}

// Ensure returns what is installed and fits, without asking any vendor, and provisions only what is missing. An entry that
// is damaged is missing, and installed again; Request.Verify tells how closely it is looked at. What a volatile source brought, such as a folder of this machine, is current only while that is
// unchanged: it, and no other source, is asked each time. While only a fallback is installed, the other sources are asked too; a source that failed or had
// nothing is left alone for a while, growing from a minute to an hour.
func (p *Provisioner) Ensure(ctx context.Context, req provisioner.Request) (provisioner.Result, error) {
	return p.run(ctx, req, "ensure", (*operation).ensure)
}

// Installed returns what is installed and fits, or an *Error of kind NotFound, and of kind BadPayload where only a damaged entry
// would fit. It asks no vendor and writes nothing.
func (p *Provisioner) Installed(req provisioner.Request) (provisioner.Result, error) {
	op, err := p.begin(req)
	if err != nil {
		return provisioner.Result{}, err
	}
	have, err := op.installed(context.Background())
	if err == nil && have.IsZero() {
		err = op.notInstalled()
	}
	return have, err
}

// VerifyLevel is how closely p looks at an entry before it returns it, unless a request says otherwise.
func (p *Provisioner) VerifyLevel() provisioner.VerifyLevel { return p.opts.Verify }

// Catalog returns the catalog that p installs into.
func (p *Provisioner) Catalog() *catalog.WorkerCatalog { return p.opts.Catalog }

// begin checks a request and makes it an operation.
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
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "unknown worker type %q: no source is configured for it", req.Type).
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
			WithHint("add it under `workers: %s: sources:`, or ask another vendor", req.Type)
	}
	return chosen, nil
}

// Types lists the worker types that have sources, in alphabetical order.
func (p *Provisioner) Types() []catalog.WorkerType { return slices.Sorted(maps.Keys(p.opts.Sources)) }

// run carries out an operation, or takes part in one that is under way, and tells its end: exactly one terminal event.
func (p *Provisioner) run(
	ctx context.Context, req provisioner.Request, mode string, do func(*operation, context.Context) (provisioner.Result, error),
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

// operate carries out an operation and tells its end.
func (p *Provisioner) operate(ctx context.Context, req provisioner.Request, do func(*operation, context.Context) (provisioner.Result, error)) (provisioner.Result, error) {
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

// orCancelled is err, or that ctx is done if that is why.
func orCancelled(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return provisioner.CancelledError(ctx.Err())
	}
	return err
}
