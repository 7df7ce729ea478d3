package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

const bufferSize = 256 << 10

// errChanged tells that the bytes at hand are not those of the file on the server any more.
var errChanged = errors.New("the file changed on the server")

// attempt makes one request for the bytes that are missing. Its error is a *failure if another try may do better.
func (d *download) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(d.client.Stall, func() { cancel(errStalled) })
	defer watchdog.Stop()
	resp, err := d.send(ctx)
	if err != nil {
		return networkFailure(d.req, orCause(ctx, err))
	}
	defer resp.Body.Close()
	isWhole, err := d.accept(resp)
	if err != nil || isWhole {
		return err
	}
	return d.receive(ctx, resp.Body, watchdog)
}

// orCause is why ctx was cancelled, if it was.
func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (d *download) send(ctx context.Context) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.req.URL, nil)
	if err != nil {
		return nil, err
	}
	for key, values := range d.req.Header {
		r.Header[http.CanonicalHeaderKey(key)] = values
	}
	if d.req.Authorization != "" {
		r.Header.Set("Authorization", d.req.Authorization)
	}
	r.Header.Set("Accept-Encoding", "identity") // the bytes as they are, whose digest is known
	if d.part.done > 0 {
		r.Header.Set("Range", "bytes="+strconv.FormatInt(d.part.done, 10)+"-")
		r.Header.Set("If-Range", d.part.note.Validator)
	}
	client := http.Client{Transport: d.client.Transport, CheckRedirect: CheckRedirect}
	return client.Do(r)
}

// accept looks at an answer's head and makes the part ready for its body. It is true where nothing is missing.
func (d *download) accept(resp *http.Response) (isWhole bool, err error) {
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
	case http.StatusRequestedRangeNotSatisfiable:
		return d.acceptUnsatisfiable(resp)
	default:
		return false, statusError(d.req, resp)
	}
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return false, provisioner.Errorf(provisioner.BadPayload, "%s comes encoded as %q, which was not asked for", d.req.Name, encoding)
	}
	if resp.StatusCode == http.StatusPartialContent {
		return false, d.acceptPartial(resp)
	}
	n := note{URL: Redact(d.req.URL), Validator: validatorOf(resp.Header), Total: max(resp.ContentLength, 0)}
	if err := d.checkTotal(n.Total); err != nil {
		return false, err
	}
	d.resumed = 0
	if err := d.part.restart(n); err != nil {
		return false, diskError(d.req, err)
	}
	return false, nil
}

// acceptPartial checks that a 206 brings exactly the bytes behind those at hand, of the same file.
func (d *download) acceptPartial(resp *http.Response) error {
	r, err := parseContentRange(resp.Header.Get("Content-Range"))
	if err != nil {
		return d.startOver(err)
	}
	known := d.part.note
	validator := validatorOf(resp.Header)
	switch {
	case d.part.done == 0 || r.first != d.part.done:
		return d.startOver(fmt.Errorf("bytes from %d were asked for, bytes from %d come", d.part.done, r.first))
	case validator != "" && validator != known.Validator, known.Total > 0 && r.total > 0 && r.total != known.Total:
		return d.startOver(errChanged)
	case r.total < 0:
		return nil
	}
	d.part.note.Total = r.total
	return d.checkTotal(r.total)
}

// acceptUnsatisfiable handles a 416: all bytes are at hand, or they are of another file.
func (d *download) acceptUnsatisfiable(resp *http.Response) (isWhole bool, err error) {
	r, err := parseContentRange(resp.Header.Get("Content-Range"))
	if err == nil && d.part.done > 0 && r.total == d.part.done && d.part.note.Total == d.part.done {
		return true, d.checkTotal(r.total)
	}
	return false, d.startOver(errChanged)
}

// startOver drops the bytes at hand; the next try asks for the whole file.
func (d *download) startOver(reason error) error {
	d.resumed = 0
	if err := d.part.forget(); err != nil {
		return diskError(d.req, err)
	}
	return networkFailure(d.req, reason)
}

func (d *download) checkTotal(total int64) error {
	if total > d.req.MaxSize {
		return tooLarge(d.req, total)
	}
	if d.req.Size > 0 && total > 0 && total != d.req.Size {
		return provisioner.Errorf(provisioner.BadPayload, "%s is %d bytes on the server, %d were announced",
			d.req.Name, total, d.req.Size).WithHint("a proxy may answer in the server's place; else the file was replaced")
	}
	return nil
}

// receive appends the body to the part until the file is whole.
func (d *download) receive(ctx context.Context, body io.Reader, watchdog *time.Timer) error {
	want := max(d.req.Size, d.part.note.Total)
	buffer := make([]byte, bufferSize)
	for {
		n, readErr := body.Read(buffer)
		watchdog.Reset(d.client.Stall)
		if _, err := d.part.file.Write(buffer[:n]); err != nil {
			return diskError(d.req, err)
		}
		d.part.done += int64(n)
		d.report(false)
		switch {
		case d.part.done > d.req.MaxSize:
			return d.refuse(tooLarge(d.req, d.part.done))
		case want > 0 && d.part.done > want:
			return d.refuse(provisioner.Errorf(provisioner.BadPayload, "%s is longer than the %d bytes announced", d.req.Name, want))
		case readErr == nil:
		case errors.Is(readErr, io.EOF) && d.part.done < want:
			return d.interrupted(io.ErrUnexpectedEOF)
		case errors.Is(readErr, io.EOF):
			return nil
		default:
			return d.interrupted(orCause(ctx, readErr))
		}
	}
}

// refuse drops bytes that are of no use for any later try.
func (d *download) refuse(reason error) error {
	if err := d.part.forget(); err != nil {
		return diskError(d.req, err)
	}
	return reason
}

// interrupted is a body that ended early. What can't be resumed is dropped.
func (d *download) interrupted(err error) error {
	if d.part.note.Validator == "" {
		d.furthest = max(d.furthest, d.part.done)
		return d.startOver(err)
	}
	return networkFailure(d.req, err)
}
