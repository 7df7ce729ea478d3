package transfer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
)

// Get downloads a file to req.Dir. When it fails, is cancelled or killed, what came so far stays in Name.part, with a note beside it
// of which bytes those are, and the next Get for the same address goes on from there, also in another process.
//
// The first request asks for the whole file. While a large one comes, further connections bring parts of it, if the server tells
// that it can and which version the parts are of; they are taken in order, so that the beginning is there early. A server that
// refuses them is left with those that it allows.
//
// Its errors are *provisioner.Error: Unreachable, RateLimited, NotFound, Unauthorized, or BadPayload for a file of another size
// than known or of one too large. A cancelled ctx is Cancelled, a failure of the disk Other; one that is too small wraps
// syscall.ENOSPC, before the first byte where the size is known.
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
	p, err := openPart(root, req.Name)
	if err != nil {
		return Result{}, diskError(req, err)
	}
	defer p.close()
	d := &download{client: c.withDefaults(), req: req, part: p, route: route{given: endpoint{req.URL, req.Authorization}}}
	if err := d.resume(); err != nil {
		return Result{}, err
	}
	if err := d.complete(ctx); err != nil {
		return Result{}, err
	}
	if err := p.finish(); err != nil {
		return Result{}, diskError(req, err)
	}
	return Result{Path: path, Size: d.plan.progress().Done, Resumed: d.resumed}, nil
}

// download is one Get on its way.
type download struct {
	client   Client
	req      Request
	part     *part
	plan     *plan
	route    route
	resumed  int64 // bytes of the part that an earlier Get left
	ranges   bool  // the server has told that it can be asked for parts
	noRanges bool  // it has answered for one as it should not
	alone    bool  // its parts were not of the same version as its whole, so that one connection has to do
	stall    time.Duration
	told     Progress
}

// resume takes up what an earlier Get left, if that was of the same file.
func (d *download) resume() error {
	have, ok, err := d.part.have(d.req)
	switch {
	case err != nil:
		return diskError(d.req, err)
	case !ok:
		return d.restart(note{URL: redact.URL(d.req.URL)})
	}
	d.plan = newPlan(d.size(), d.client.segment, have)
	d.resumed = d.plan.progress().Done
	return nil
}

// size is that of the file, as far as it is known.
func (d *download) size() int64 {
	if size := max(d.part.note.Total, d.req.Size); size > 0 {
		return size
	}
	return unknown
}

// complete fills the part, and distrusts what an earlier process left if the whole has another digest than known.
func (d *download) complete(ctx context.Context) error {
	if err := d.run(ctx); err != nil {
		return err
	}
	if d.resumed == 0 || !d.req.Digest.Valid() {
		return nil
	}
	ok, err := d.part.matches(d.req.Digest, d.plan.progress().Done)
	if err != nil {
		return diskError(d.req, err)
	}
	if ok {
		return nil
	}
	if err := d.forget(); err != nil {
		return err
	}
	return d.run(ctx)
}

// restart drops the bytes at hand, for those of the version that n describes.
func (d *download) restart(n note) error {
	size, err := d.part.size()
	if err != nil {
		return diskError(d.req, err)
	}
	if size > 0 { // told before any byte changes
		d.plan = newPlan(d.size(), d.client.segment, nil)
		d.tell()
	}
	if err := d.part.restart(n); err != nil {
		return diskError(d.req, err)
	}
	d.resumed = 0
	d.plan = newPlan(d.size(), d.client.segment, nil)
	return nil
}

// forget makes what is there impossible to resume; the next try asks for the whole file.
func (d *download) forget() error { return d.restart(note{URL: d.part.note.URL}) }

// cancelled tells why ctx ended the download.
func cancelled(ctx context.Context, req Request) error {
	kind := provisioner.Cancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kind = provisioner.Unreachable
	}
	return provisioner.Errorf(kind, "download %s: %w", req.Name, context.Cause(ctx))
}

// diskError is a failure on this side, of which another try would be no better.
func diskError(req Request, err error) error {
	return provisioner.Errorf(provisioner.Other, "write %s: %w", req.Name, outOfSpace(err)).
		WithHint("check the disk's space and permissions")
}
