package transfer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
)

// pool is the connections that fetch one file together. The goroutine of Get starts them and handles their outcomes;
// every connection has a goroutine of its own and fills one chunk.
type pool struct {
	*download
	scaler   scaler
	running  int
	outcomes chan outcome
	savedAt  time.Time
	buffers  sync.Pool
}

// outcome is the result of one connection.
type outcome struct {
	chunk *chunk.Chunk
	err   error
}

const saveInterval = 300 * time.Millisecond

func newPool(d *download) *pool {
	p := &pool{download: d, outcomes: make(chan outcome)}
	p.buffers.New = func() any { return new([bufferSize]byte) }
	progress, limit := d.plan.Progress(), d.client.Connections
	if !d.rangesOffered || d.singleConn || progress.Total-progress.Done < 2*d.client.segment {
		limit = 1
	}
	p.scaler = newScaler(limit, progress.Done, time.Now())
	return p
}

// run returns when no byte is missing, no connection is left, or an error ends the attempt. Other connections may
// still be running then; see drain.
func (p *pool) run(ctx context.Context, first *conn) error {
	interval := firstReport
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	err := p.startConns(ctx, first)
	for err == nil && !p.isDone(first) {
		select {
		case o := <-p.outcomes:
			err = p.connDone(o)
		case <-ticker.C:
			interval = min(2*interval, reportInterval)
			ticker.Reset(interval)
			p.report()
			p.scaler.grow(p.reported.Done, time.Now())
			err = p.saveState()
		}
		if err == nil {
			err = p.startConns(ctx, nil)
		}
	}
	return err
}

// isDone reports whether no byte is missing. If the first answer had no length, its end must have been read too.
func (p *pool) isDone(first *conn) bool {
	return p.plan.IsComplete() && (first.end != chunk.Unknown || p.running == 0)
}

// drain waits until all connections have ended.
func (p *pool) drain() {
	for p.running > 0 {
		o := <-p.outcomes
		p.running--
		p.plan.Release(o.chunk)
	}
}

// startConns starts as many connections as the scaler allows. The first one, if not nil, has an answer already.
func (p *pool) startConns(ctx context.Context, first *conn) error {
	for p.running < p.scaler.allowed {
		settled := p.plan.Progress().Settled
		c, s := p.plan.Take(time.Now())
		if c == nil {
			return nil
		}
		if s.From != settled || p.running > 0 {
			if err := p.part.MarkSparse(p.plan.Have()); err != nil {
				return diskError(p.req, err)
			}
		}
		p.running++
		go func(conn *conn) { p.outcomes <- outcome{c, p.fill(ctx, c, s, conn)} }(first)
		first = nil
	}
	return nil
}

// connDone handles the outcome of one connection. It returns an error that ends the attempt: the error of the last
// connection, or one that concerns all of them.
func (p *pool) connDone(o outcome) error {
	p.running--
	p.plan.Release(o.chunk)
	if concernsAll(o.err) || p.running == 0 && !p.plan.IsComplete() {
		return o.err
	}
	if o.err == nil {
		return nil
	}
	if f, ok := errors.AsType[*failure](o.err); ok {
		wait := max(f.wait, p.client.backoff(p.scaler.failures+1))
		p.scaler.shrink(p.running, wait, p.plan.Progress().Done, time.Now())
	} else { // the server will refuse the next one too
		p.scaler.freeze(p.running)
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

// saveState records which bytes are valid, unless it did so a moment ago.
func (p *pool) saveState() error {
	if time.Since(p.savedAt) < saveInterval {
		return nil
	}
	p.savedAt = time.Now()
	if err := p.part.Save(p.plan.Have()); err != nil {
		return diskError(p.req, err)
	}
	return nil
}

// fill fetches a chunk over conn, or over a new connection if conn is nil.
func (p *pool) fill(ctx context.Context, c *chunk.Chunk, s chunk.Span, conn *conn) (err error) {
	if conn == nil {
		if conn, err = p.open(ctx, s); err != nil {
			return err
		}
	}
	defer conn.close()
	if !p.plan.Confirm(c, time.Now()) {
		return nil
	}
	buffer := p.buffers.Get().(*[bufferSize]byte)
	defer p.buffers.Put(buffer)
	return p.receive(conn, c, buffer[:])
}
