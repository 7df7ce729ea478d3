package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// open asks for a piece, straight where the last answer came from unless that has expired.
func (d *download) open(ctx context.Context, s span) (*connection, error) {
	for {
		from, mayExpire := d.route.best()
		c, err := d.send(ctx, from, s)
		if err != nil {
			return nil, err
		}
		if mayExpire && hasExpired(c.resp.StatusCode) {
			c.close()
			d.route.forget(from)
			continue
		}
		if err := d.acceptPiece(c, s); err != nil {
			c.close()
			return nil, err
		}
		d.route.learn(c.resp)
		return c, nil
	}
}

// receive writes a body to its piece, and to what follows if nobody else brings that.
func (d *download) receive(c *connection, p *piece, buffer []byte) error {
	for {
		n, readErr := c.Read(buffer)
		if err := d.put(c, p, buffer[:n]); err != nil {
			return err
		}
		isFull := !d.plan.extend(p, c.end)
		switch {
		case isFull && c.end == unknown && d.plan.isComplete():
			return d.checkEnd(c, buffer, readErr)
		case isFull:
			return nil
		case readErr == nil:
		case !errors.Is(readErr, io.EOF) && !errors.Is(readErr, io.ErrUnexpectedEOF):
			return networkFailure(d.req, readErr)
		case c.end == unknown && d.plan.progress().Total == 0 && !errors.Is(readErr, io.ErrUnexpectedEOF):
			d.plan.finish(p)
			return nil
		case p.at == c.end: // less than was asked for
			return nil
		default:
			return networkFailure(d.req, fmt.Errorf("the answer ends too early: %w", io.ErrUnexpectedEOF))
		}
	}
}

// put writes what a connection brought, as far as its body may go and nobody else brings it.
func (d *download) put(c *connection, p *piece, b []byte) error {
	for len(b) > 0 && p.at < c.end && d.plan.extend(p, c.end) {
		n := d.plan.room(p, int(min(int64(len(b)), c.end-p.at)))
		if size := p.at + int64(n); size > d.req.MaxSize {
			return &overlongError{tooLarge(d.req, size)}
		}
		if _, err := d.part.file.WriteAt(b[:n], p.at); err != nil {
			return diskError(d.req, err)
		}
		d.plan.wrote(p, n, time.Now())
		b = b[n:]
	}
	if len(b) > 0 && c.end == unknown && d.plan.isComplete() {
		return d.tooLong()
	}
	return nil
}

// checkEnd checks that nothing follows on the last byte, where the answer did not tell its length.
func (d *download) checkEnd(c *connection, buffer []byte, readErr error) error {
	if readErr == nil {
		if n, _ := c.Read(buffer); n > 0 {
			return d.tooLong()
		}
	}
	return nil
}

func (d *download) tooLong() error {
	return &overlongError{provisioner.Errorf(provisioner.BadPayload, "%s is longer than the %d bytes announced", d.req.Name,
		d.plan.progress().Total)}
}

// overlongError is an answer that did not end where it should, so that nothing of it is of use.
type overlongError struct{ err *provisioner.Error }

func (e *overlongError) Error() string { return e.err.Error() }
func (e *overlongError) Unwrap() error { return e.err }
