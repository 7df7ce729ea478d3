package transfer

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/partial"
)

// Get downloads a file to req.Dir. When it fails, is cancelled or is killed, the bytes so far stay in Name.part, and
// Name.part.json describes them. The next Get for the same address resumes from there, also in another process.
//
// The first request asks for the whole file. While a large file arrives, further connections fetch chunks of it, if
// the server supports ranges and identifies the version. They take the chunks in order, so that a reader of the
// beginning does not wait. If the server refuses some connections, Get continues with the others.
//
// Errors are *provisioner.Error of these kinds:
//   - Unreachable, RateLimited, NotFound and Unauthorized, by what the server answers.
//   - BadPayload for a file that is too large or of another size than req.Size.
//   - Cancelled for a cancelled ctx; Unreachable if its deadline passed.
//   - Other for a failure of the disk. The error of a full disk wraps syscall.ENOSPC; if the size is known, it comes
//     before the first byte.
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
	part, err := partial.Open(root, req.Name)
	if err != nil {
		return Result{}, diskError(req, err)
	}
	defer part.Close()
	given := endpoint{req.URL, req.Authorization}
	d := &download{client: c.withDefaults(), req: req, part: part, route: route{given: given}}
	if err := d.resume(); err != nil {
		return Result{}, err
	}
	if err := d.complete(ctx); err != nil {
		return Result{}, err
	}
	if err := part.Finish(); err != nil {
		return Result{}, diskError(req, err)
	}
	return Result{Path: path, Size: d.plan.Progress().Done, Resumed: d.resumed}, nil
}

// isFinished reports whether a finished file with the right digest is present, and returns its size.
func isFinished(root *os.Root, req Request) (int64, bool) {
	if !req.Digest.Valid() {
		return 0, false
	}
	f, err := root.Open(req.Name)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	h := req.Digest.Hash()
	size, err := io.Copy(h, io.LimitReader(f, req.MaxSize+1))
	return size, err == nil && req.Digest.Matches(h)
}

// download is one running Get.
type download struct {
	client        Client
	req           Request
	part          *partial.File
	plan          *chunk.Plan
	route         route
	resumed       int64 // bytes that an earlier Get left
	rangesOffered bool  // the server announced that it answers ranges
	rangesBroken  bool  // but it answered one wrongly
	singleConn    bool  // chunks were of another version than the first answer, so use one connection
	stall         time.Duration
	reported      Progress
}

// resume continues what an earlier Get left, if that was the same file.
func (d *download) resume() error {
	size, err := d.part.Size()
	if err != nil {
		return diskError(d.req, err)
	}
	state := d.part.State
	have, ok := state.Spans(size)
	largest := max(size, state.Total)
	if !ok || state.URL != redact.URL(d.req.URL) || largest > d.req.MaxSize || d.req.Size > 0 && largest > d.req.Size {
		return d.restart(partial.State{URL: redact.URL(d.req.URL)})
	}
	d.plan = chunk.NewPlan(d.size(), d.client.segment, have)
	d.resumed = d.plan.Progress().Done
	return nil
}

// size returns the size of the file in bytes, or chunk.Unknown.
func (d *download) size() int64 {
	if size := max(d.part.State.Total, d.req.Size); size > 0 {
		return size
	}
	return chunk.Unknown
}

// complete fetches all missing bytes. If the file then has the wrong digest and some bytes are from an earlier
// process, it downloads the whole file again.
func (d *download) complete(ctx context.Context) error {
	if err := d.run(ctx); err != nil {
		return err
	}
	if d.resumed == 0 || !d.req.Digest.Valid() {
		return nil
	}
	ok, err := d.part.Matches(d.req.Digest, d.plan.Progress().Done)
	if err != nil {
		return diskError(d.req, err)
	}
	if ok {
		return nil
	}
	if err := d.discard(); err != nil {
		return err
	}
	return d.run(ctx)
}

// restart drops all bytes and prepares for the version that s describes.
func (d *download) restart(s partial.State) error {
	size, err := d.part.Size()
	if err != nil {
		return diskError(d.req, err)
	}
	if size > 0 { // report it before any byte changes
		d.plan = chunk.NewPlan(d.size(), d.client.segment, nil)
		d.report()
	}
	if err := d.part.Restart(s); err != nil {
		return diskError(d.req, err)
	}
	d.resumed = 0
	d.plan = chunk.NewPlan(d.size(), d.client.segment, nil)
	return nil
}

// discard drops all bytes; the next attempt asks for the whole file.
func (d *download) discard() error { return d.restart(partial.State{URL: d.part.State.URL}) }

// cancelled returns the error for a ctx that ended the download.
func cancelled(ctx context.Context, req Request) error {
	kind := provisioner.Cancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kind = provisioner.Unreachable
	}
	return provisioner.Errorf(kind, "download %s: %w", req.Name, context.Cause(ctx))
}

// diskError returns the error for a failure on this machine. It is not a *failure, since another attempt would not
// help.
func diskError(req Request, err error) error {
	return provisioner.Errorf(provisioner.Other, "write %s: %w", req.Name, outOfSpace(err)).
		WithHint("check the disk's space and permissions")
}
