package transfer

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// run tries until the file is whole, or too many tries in a row have brought next to nothing.
func (d *download) run(ctx context.Context) error {
	started := d.plan.progress().Done
	furthest := started
	for try := 1; ; try++ {
		d.stall = d.client.Stall
		if try > 1 {
			d.stall /= 2 // a server that has just frozen is not waited for as long again
		}
		err := d.attempt(ctx)
		if err == nil {
			d.tell()
			return nil
		}
		if ctx.Err() != nil {
			return cancelled(ctx, d.req)
		}
		f, ok := errors.AsType[*failure](err)
		if !ok {
			return asError(d.req, err)
		}
		if done := d.plan.progress().Done; done >= furthest+d.worthwhile(f) {
			furthest, try = done, 1
		}
		wait := d.wait(f, try)
		if try >= d.client.Attempts || wait > d.client.MaxWait || f.last && furthest == started {
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

// worthwhile is how many new bytes make a try that failed count as one that got on: a server that sends a few and hangs up, or
// worse, stalls, again and again, is given up.
func (d *download) worthwhile(f *failure) int64 {
	enough := int64(4 << 10)
	if errors.Is(f.err, errStalled) {
		enough = smallestShare
	}
	if total := d.plan.progress().Total; total > 0 {
		enough = min(enough, total/16)
	}
	return max(enough, 1)
}

// attempt asks for what is missing until it is there or no connection is left. Its error is a *failure if another attempt may do
// better. When it returns, nobody writes to the part any more.
func (d *download) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first, err := d.begin(ctx)
	if err == nil && first != nil {
		err = d.share(ctx, cancel, first)
	}
	overlong, isOverlong := errors.AsType[*overlongError](err)
	switch {
	case isOverlong:
		if err := d.forget(); err != nil {
			return err
		}
		return overlong.err
	case errors.Is(err, errRanges):
		d.noRanges = true
		return d.startOver(err)
	case errors.Is(err, errChanged):
		return d.startOver(err)
	case err != nil && d.part.note.Validator == "" && isTransient(err): // can't be resumed
		return d.startOver(err)
	default:
		return err
	}
}

// begin makes the first request of an attempt; it asks for all that follows on the beginning. The connection is nil if nothing does.
func (d *download) begin(ctx context.Context) (*connection, error) {
	asked := span{d.plan.progress().Settled, unknown}
	c, err := d.send(ctx, d.route.given, asked)
	if err != nil {
		return nil, err
	}
	isWhole, err := d.acceptFirst(c, asked)
	if p := d.plan.progress(); err == nil && p.Total > 0 {
		err = checkSpace(d.req, p.Total-p.Done)
	}
	if err != nil || isWhole {
		c.close()
		return nil, err
	}
	d.route.learn(c.resp)
	d.tell()
	return c, nil
}

// share brings what is missing by the first connection and those that join it.
func (d *download) share(ctx context.Context, cancel func(), first *connection) error {
	c := newCrew(d)
	err := c.work(ctx, first)
	cancel()
	c.leave()
	// What can't be noted is fetched again; the error that counts is the one at hand.
	_ = d.part.save(d.plan.have())
	d.alone = d.alone || errors.Is(err, errChanged)
	return err
}

// startOver drops the bytes at hand; the next attempt asks for the whole file.
func (d *download) startOver(reason error) error {
	if err := d.forget(); err != nil {
		return err
	}
	if isTransient(reason) {
		return reason
	}
	return networkFailure(d.req, reason)
}

func isTransient(err error) bool {
	_, ok := errors.AsType[*failure](err)
	return ok
}

// wait is how long to wait after the given try: what the server asked for, else twice as long each time, with jitter.
func (d *download) wait(f *failure, try int) time.Duration {
	if f.wait > 0 {
		return f.wait
	}
	return d.client.backoff(try)
}

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
