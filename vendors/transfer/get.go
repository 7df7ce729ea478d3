package transfer

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// Get downloads a file to req.Dir. When it fails or is cancelled, what came so far stays beside its validator in Name.part and
// Name.part.json, and the next Get for the same address goes on from there, also in another process.
//
// Its errors are *provisioner.Error: Unreachable, RateLimited, NotFound, Unauthorized, or BadPayload for a file of another size
// than known or of one too large. A cancelled ctx is Cancelled, a failure of the disk Other.
func (c Client) Get(ctx context.Context, req Request) (Result, error) {
	req, err := req.validate()
	if err != nil {
		return Result{}, err
	}
	root, err := os.OpenRoot(req.Dir)
	if err != nil {
		return Result{}, diskError(req, err)
	}
	defer root.Close()
	path := filepath.Join(req.Dir, req.Name)
	if size, ok := isFinished(root, req); ok {
		return Result{Path: path, Size: size, Resumed: size}, nil
	}
	p, err := openPart(root, req)
	if err != nil {
		return Result{}, diskError(req, err)
	}
	defer p.close()
	d := &download{client: c.withDefaults(), req: req, part: p, resumed: p.done}
	if err := d.complete(ctx); err != nil {
		return Result{}, err
	}
	if err := p.finish(); err != nil {
		return Result{}, diskError(req, err)
	}
	return Result{Path: path, Size: p.done, Resumed: d.resumed}, nil
}

// download is one Get on its way.
type download struct {
	client   Client
	req      Request
	part     *part
	resumed  int64 // bytes of the part that an earlier Get left
	furthest int64 // most bytes that this Get had at any time
	told     time.Time
}

// complete fills the part, and distrusts what an earlier process left if the whole has another digest than known.
func (d *download) complete(ctx context.Context) error {
	if err := d.run(ctx); err != nil {
		return err
	}
	if d.resumed == 0 || !d.req.Digest.Valid() {
		return nil
	}
	ok, err := d.part.matches(d.req.Digest)
	if err != nil {
		return diskError(d.req, err)
	}
	if ok {
		return nil
	}
	if err := d.part.forget(); err != nil {
		return diskError(d.req, err)
	}
	d.resumed, d.furthest = 0, 0
	return d.run(ctx)
}

// run tries until the file is whole, or too many tries in a row have brought nothing new.
func (d *download) run(ctx context.Context) error {
	d.furthest = d.part.done
	started := d.part.done
	for try := 1; ; try++ {
		err := d.attempt(ctx)
		if err == nil {
			d.report(true)
			return nil
		}
		if ctx.Err() != nil {
			return cancelled(ctx, d.req)
		}
		f, ok := errors.AsType[*failure](err)
		if !ok {
			return asError(d.req, err)
		}
		if d.part.done > d.furthest {
			d.furthest, try = d.part.done, 1
		}
		wait := d.wait(f, try)
		if try >= d.client.Attempts || wait > d.client.MaxWait || f.last && d.furthest == started {
			return f.err
		}
		if d.req.OnRetry != nil {
			d.req.OnRetry(f.err, wait)
		}
		if err := sleep(ctx, wait); err != nil {
			return cancelled(ctx, d.req)
		}
	}
}

// wait is how long to wait after the given try: what the server asked for, else twice as long each time, with jitter.
func (d *download) wait(f *failure, try int) time.Duration {
	if f.wait > 0 {
		return f.wait
	}
	backoff := min(d.client.Backoff<<min(try-1, 10), d.client.MaxWait)
	return backoff/2 + rand.N(backoff/2+1)
}

const tellEvery = 100 * time.Millisecond

// report tells of progress now and then, or now.
func (d *download) report(now bool) {
	if d.req.OnProgress == nil || !now && time.Since(d.told) < tellEvery {
		return
	}
	d.told = time.Now()
	d.req.OnProgress(d.part.done, max(d.req.Size, d.part.note.Total))
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func cancelled(ctx context.Context, req Request) error {
	kind := provisioner.Cancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kind = provisioner.Unreachable
	}
	return provisioner.Errorf(kind, "download %s: %w", req.Name, context.Cause(ctx))
}

// diskError is a failure on this side, of which another try would be no better.
func diskError(req Request, err error) error {
	return provisioner.Errorf(provisioner.Other, "write %s: %w", req.Name, err).WithHint("check the disk's space and permissions")
}

func asError(req Request, err error) error {
	if e, ok := errors.AsType[*provisioner.Error](err); ok {
		return e
	}
	return provisioner.Errorf(provisioner.Other, "download %s: %w", req.Name, err)
}
