package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
)

// open asks for a chunk. It uses the address that the last answer came from, until that one has expired.
func (d *download) open(ctx context.Context, s chunk.Span) (*conn, error) {
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
		if err := d.acceptChunk(c, s); err != nil {
			c.close()
			return nil, err
		}
		d.route.learn(c.resp)
		return c, nil
	}
}

// receive writes a body to its chunk, and to the bytes that follow unless another connection fetches those.
func (d *download) receive(conn *conn, c *chunk.Chunk, buffer []byte) error {
	for {
		n, readErr := conn.Read(buffer)
		if err := d.write(conn, c, buffer[:n]); err != nil {
			return err
		}
		isFull := !d.plan.Extend(c, conn.end)
		isCutOff := errors.Is(readErr, io.ErrUnexpectedEOF)
		switch {
		case isFull && conn.end == chunk.Unknown && d.plan.IsComplete():
			return d.checkEnd(conn, buffer, readErr)
		case isFull:
			return nil
		case readErr == nil:
		case !errors.Is(readErr, io.EOF) && !isCutOff:
			return networkFailure(d.req, readErr)
		case conn.end == chunk.Unknown && d.plan.Progress().Total == 0 && !isCutOff:
			d.plan.Finish(c)
			return nil
		case c.At() == conn.end: // the server sends less than was asked for
			return nil
		default:
			return networkFailure(d.req, fmt.Errorf("the answer ends too early: %w", io.ErrUnexpectedEOF))
		}
	}
}

// write writes b to the file: the bytes up to the end of the body that no other connection fetches.
func (d *download) write(conn *conn, c *chunk.Chunk, b []byte) error {
	for len(b) > 0 && c.At() < conn.end && d.plan.Extend(c, conn.end) {
		n := d.plan.Room(c, int(min(int64(len(b)), conn.end-c.At())))
		if size := c.At() + int64(n); size > d.req.MaxSize {
			return &overlongError{tooLarge(d.req, size)}
		}
		if _, err := d.part.WriteAt(b[:n], c.At()); err != nil {
			return diskError(d.req, err)
		}
		d.plan.Wrote(c, n, time.Now())
		b = b[n:]
	}
	if len(b) > 0 && conn.end == chunk.Unknown && d.plan.IsComplete() {
		return d.tooLong()
	}
	return nil
}

// checkEnd checks that no byte follows the last one, for an answer without a length.
func (d *download) checkEnd(c *conn, buffer []byte, readErr error) error {
	if readErr == nil {
		if n, _ := c.Read(buffer); n > 0 {
			return d.tooLong()
		}
	}
	return nil
}

func (d *download) tooLong() error {
	return &overlongError{provisioner.Errorf(provisioner.BadPayload, "%s is longer than the %d bytes announced",
		d.req.Name, d.plan.Progress().Total)}
}

// overlongError is an answer with more bytes than announced or allowed, so that none of its bytes can be kept.
type overlongError struct{ err *provisioner.Error }

func (e *overlongError) Error() string { return e.err.Error() }
func (e *overlongError) Unwrap() error { return e.err }
