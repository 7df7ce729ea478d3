package transfer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// crew is the connections that bring a file together. One goroutine, Get's, sends them out and hears what became of them; each of
// the others brings one piece.
type crew struct {
	*download
	pace     pace
	running  int
	outcomes chan outcome
	noted    time.Time
	buffers  sync.Pool
}

// outcome is what became of a piece.
type outcome struct {
	piece *piece
	err   error
}

const noteEvery = 300 * time.Millisecond

func newCrew(d *download) *crew {
	c := &crew{download: d, outcomes: make(chan outcome)}
	c.buffers.New = func() any { return new([bufferSize]byte) }
	p, most := d.plan.progress(), d.client.Connections
	if !d.ranges || d.alone || p.Total-p.Done < 2*d.client.segment {
		most = 1
	}
	c.pace = newPace(most, p.Done, time.Now())
	return c
}

// work returns when nothing is missing, no connection is left, or going on makes no sense. Others may still be at work.
func (c *crew) work(ctx context.Context, first *connection) error {
	every := tellFirst
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	err := c.employ(ctx, first)
	for err == nil && !c.isDone(first) {
		select {
		case o := <-c.outcomes:
			err = c.dismiss(o)
		case <-ticker.C:
			every = min(2*every, tellEvery)
			ticker.Reset(every)
			c.tell()
			c.pace.grow(c.told.Done, time.Now())
			err = c.keepNote()
		}
		if err == nil {
			err = c.employ(ctx, nil)
		}
	}
	return err
}

// isDone reports whether nothing is missing. Where the first answer did not tell its length, its end is waited for.
func (c *crew) isDone(first *connection) bool {
	return c.plan.isComplete() && (first.end != unknown || c.running == 0)
}

// leave waits until all connections have ended.
func (c *crew) leave() {
	for c.running > 0 {
		o := <-c.outcomes
		c.running--
		c.plan.release(o.piece)
	}
}

// employ sends out as many connections as there may be. The first has begun already.
func (c *crew) employ(ctx context.Context, first *connection) error {
	for c.running < c.pace.allowed {
		settled := c.plan.progress().Settled
		p, s := c.plan.take(time.Now())
		if p == nil {
			return nil
		}
		if s.From != settled || c.running > 0 {
			if err := c.part.scatter(c.plan.have()); err != nil {
				return diskError(c.req, err)
			}
		}
		c.running++
		go func(conn *connection) { c.outcomes <- c.bring(ctx, p, s, conn) }(first)
		first = nil
	}
	return nil
}

// dismiss judges what became of a piece. Its error ends the work: that of the last connection, or one that concerns all.
func (c *crew) dismiss(o outcome) error {
	c.running--
	c.plan.release(o.piece)
	if concernsAll(o.err) || c.running == 0 && !c.plan.isComplete() {
		return o.err
	}
	if o.err == nil {
		return nil
	}
	if f, ok := errors.AsType[*failure](o.err); ok {
		wait := max(f.wait, c.client.backoff(c.pace.strikes+1))
		c.pace.shrink(c.running, wait, c.plan.progress().Done, time.Now())
	} else { // refused for good
		c.pace.freeze(c.running)
	}
	return nil
}

// concernsAll reports whether an error of one connection makes the others useless.
func concernsAll(err error) bool {
	if errors.Is(err, errChanged) {
		return true
	}
	e, ok := errors.AsType[*provisioner.Error](err)
	return ok && (e.Kind == provisioner.Other || e.Kind == provisioner.BadPayload)
}

// keepNote notes now and then what is there.
func (c *crew) keepNote() error {
	if time.Since(c.noted) < noteEvery {
		return nil
	}
	c.noted = time.Now()
	if err := c.part.save(c.plan.have()); err != nil {
		return diskError(c.req, err)
	}
	return nil
}

// bring fills a piece over conn, or over a new connection where that is nil.
func (c *crew) bring(ctx context.Context, p *piece, s span, conn *connection) outcome {
	if conn == nil {
		var err error
		if conn, err = c.open(ctx, s); err != nil {
			return outcome{p, err}
		}
	}
	defer conn.close()
	if !c.plan.prove(p, time.Now()) {
		return outcome{p, nil}
	}
	buffer := c.buffers.Get().(*[bufferSize]byte)
	defer c.buffers.Put(buffer)
	return outcome{p, c.receive(conn, p, buffer[:])}
}
