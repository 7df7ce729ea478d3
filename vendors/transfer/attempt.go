package transfer

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
)

// run makes attempts until the file is complete, or too many in a row brought almost no bytes.
func (d *download) run(ctx context.Context) error {
	started := d.plan.Progress().Done
	furthest := started
	for try := 1; ; try++ {
		d.stall = d.client.Stall
		if try > 1 {
			d.stall /= 2 // wait less for a server that has just stalled
		}
		err := d.attempt(ctx)
		if err == nil {
			d.report()
			return nil
		}
		if ctx.Err() != nil {
			return cancelled(ctx, d.req)
		}
		f, ok := errors.AsType[*failure](err)
		if !ok {
			return asError(d.req, err)
		}
		if done := d.plan.Progress().Done; done >= furthest+d.minProgress(f) {
			furthest, try = done, 1
		}
		wait := f.wait
		if wait == 0 {
			wait = d.client.backoff(try)
		}
		if try >= d.client.Attempts || wait > d.client.MaxWait || f.final && furthest == started {
			return f.err
		}
		if d.req.OnRetry != nil {
			d.req.OnRetry(f.err, wait)
		}
		if sleep(ctx, wait) != nil {
			return cancelled(ctx, d.req)
		}
	}
}

// minProgress returns how many new bytes make a failed attempt count as progress. A server that sends a few bytes and
// then hangs up or stalls, again and again, is given up.
func (d *download) minProgress(f *failure) int64 {
	enough := int64(4 << 10)
	if errors.Is(f.err, errStalled) {
		enough = chunk.MinShare
	}
	if total := d.plan.Progress().Total; total > 0 {
		enough = min(enough, total/16)
	}
	return max(enough, 1)
}

// attempt asks for the missing bytes until none is missing or no connection is left. Its error is a *failure if another
// attempt may succeed. When it returns, no goroutine writes to the file.
func (d *download) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first, err := d.begin(ctx)
	if err == nil && first != nil {
		err = d.fetch(ctx, cancel, first)
	}
	overlong, isOverlong := errors.AsType[*overlongError](err)
	isTransient := isFailure(err)
	switch {
	case isOverlong:
		if err := d.discard(); err != nil {
			return err
		}
		return overlong.err
	case errors.Is(err, errRanges):
		d.rangesBroken = true
		return d.startOver(err)
	case errors.Is(err, errChanged), isTransient && d.part.State.Validator == "": // it cannot be resumed
		return d.startOver(err)
	default:
		return err
	}
}

// begin sends the first request of an attempt, which asks for everything behind the bytes at the beginning. It returns
// a nil conn if nothing is missing there.
func (d *download) begin(ctx context.Context) (*conn, error) {
	asked := chunk.Span{From: d.plan.Progress().Settled, To: chunk.Unknown}
	c, err := d.send(ctx, d.route.given, asked)
	if err != nil {
		return nil, err
	}
	isWhole, err := d.acceptFirst(c, asked)
	if p := d.plan.Progress(); err == nil && p.Total > 0 {
		err = checkSpace(d.req, p.Total-p.Done)
	}
	if err != nil || isWhole {
		c.close()
		return nil, err
	}
	d.route.learn(c.resp)
	d.report()
	return c, nil
}

// fetch fetches the missing bytes over the first connection and those that join it.
func (d *download) fetch(ctx context.Context, cancel func(), first *conn) error {
	p := newPool(d)
	err := p.run(ctx, first)
	cancel()
	p.drain()
	// Bytes that cannot be recorded are fetched again. The error of the pool explains more.
	_ = d.part.Save(d.plan.Have())
	d.singleConn = d.singleConn || errors.Is(err, errChanged)
	return err
}

// startOver drops all bytes, so that the next attempt asks for the whole file, and returns reason as a *failure.
func (d *download) startOver(reason error) error {
	if err := d.discard(); err != nil {
		return err
	}
	if isFailure(reason) {
		return reason
	}
	return networkFailure(d.req, reason)
}

// backoff returns how long to wait after the given attempt: twice as long each time, with jitter.
func (c Client) backoff(try int) time.Duration {
	backoff := min(c.Backoff<<min(try-1, 10), c.MaxWait)
	return backoff/2 + rand.N(backoff/2+1)
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

func asError(req Request, err error) error {
	if e, ok := errors.AsType[*provisioner.Error](err); ok {
		return e
	}
	return provisioner.Errorf(provisioner.Other, "download %s: %w", req.Name, err)
}
