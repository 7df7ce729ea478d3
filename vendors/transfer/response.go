package transfer

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/partial"
)

var (
	// errChanged means that the server has another version of the file than the bytes on disk.
	errChanged = errors.New("the file changed on the server")
	// errRanges means that the server cannot be asked for a part of the file.
	errRanges = errors.New("the server does not answer ranges as it should")
)

// acceptFirst checks the head of the first answer of an attempt and prepares file and plan for its body. It returns
// true if nothing is missing.
func (d *download) acceptFirst(c *conn, asked chunk.Span) (isWhole bool, err error) {
	switch status := c.resp.StatusCode; {
	case status == http.StatusOK:
		return false, d.acceptWhole(c)
	case status == http.StatusPartialContent && asked.From > 0:
		return false, d.acceptRest(c, asked)
	case status == http.StatusRequestedRangeNotSatisfiable && asked.From > 0:
		return d.acceptEnd(c.resp, asked)
	default:
		return false, statusError(d.req, c.resp)
	}
}

// acceptWhole accepts a body that is the whole file, and drops the bytes on disk.
func (d *download) acceptWhole(c *conn) error {
	total := max(c.resp.ContentLength, 0)
	if err := d.checkContent(c.resp, total); err != nil {
		return err
	}
	if err := d.checkTotal(total); err != nil {
		return err
	}
	state := partial.State{URL: redact.URL(d.req.URL), Validator: partial.ValidatorOf(c.resp.Header), Total: total}
	if d.rangesBroken {
		state.Validator = ""
	}
	if total > 0 {
		c.end = total
	}
	d.rangesOffered = state.Validator != "" && total > 0 &&
		strings.EqualFold(c.resp.Header.Get("Accept-Ranges"), "bytes")
	return d.restart(state)
}

// checkContent rejects a body that is not the file's own bytes: a compressed one, or the web page of a proxy.
func (d *download) checkContent(resp *http.Response, total int64) error {
	if e := encodingOf(resp); e != "" {
		return provisioner.Errorf(provisioner.BadPayload, "the server encodes %s as %q, which was not requested",
			d.req.Name, e)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	isPage := kind == "text/html" && !strings.Contains(strings.ToLower(d.req.Name), ".htm")
	if isPage && (d.req.Size == 0 || total != d.req.Size) {
		return provisioner.Errorf(provisioner.Unreachable, "download %s from %s: the answer is a web page", d.req.Name,
			redact.URL(d.req.URL)).
			WithHint("a proxy, or a network that asks for a login, may answer instead of the server")
	}
	return nil
}

// encodingOf returns the Content-Encoding of an answer, or "" if its body is the plain bytes.
func encodingOf(resp *http.Response) string {
	if e := resp.Header.Get("Content-Encoding"); !strings.EqualFold(e, "identity") {
		return e
	}
	return ""
}

// checkTotal compares the size of the file on the server, 0 if unknown, with the size that the request allows.
func (d *download) checkTotal(total int64) error {
	if total > d.req.MaxSize {
		return tooLarge(d.req, total)
	}
	if d.req.Size > 0 && total > 0 && total != d.req.Size {
		return provisioner.Errorf(provisioner.BadPayload, "%s has %d bytes on the server, %d were announced",
			d.req.Name, total, d.req.Size).
			WithHint("a proxy may answer instead of the server; otherwise the file was replaced")
	}
	return nil
}

// acceptRest accepts a body that starts where the bytes on disk end.
func (d *download) acceptRest(c *conn, asked chunk.Span) error {
	r, err := d.checkRange(c.resp, asked)
	if err != nil {
		return err
	}
	d.rangesOffered = true
	if r.total >= 0 || d.size() != chunk.Unknown {
		c.end = r.last + 1
	}
	if r.total < 0 || d.part.State.Total > 0 {
		return nil
	}
	if err := d.checkTotal(r.total); err != nil {
		return err
	}
	d.part.State.Total = r.total
	d.plan = chunk.NewPlan(r.total, d.client.segment, d.plan.Have())
	return nil
}

// acceptEnd handles a 416: either no byte is missing, or the bytes on disk are of another version.
func (d *download) acceptEnd(resp *http.Response, asked chunk.Span) (isWhole bool, err error) {
	r, err := parseContentRange(resp.Header.Get("Content-Range"))
	if err == nil && r.total == asked.From && d.plan.IsComplete() {
		return true, d.checkTotal(r.total)
	}
	return false, errChanged
}

// acceptChunk checks that an answer brings the bytes of a chunk.
func (d *download) acceptChunk(c *conn, asked chunk.Span) error {
	state := d.part.State
	switch c.resp.StatusCode {
	case http.StatusPartialContent:
		r, err := d.checkRange(c.resp, asked)
		c.end = r.last + 1
		return err
	case http.StatusOK:
		validator, total := partial.ValidatorOf(c.resp.Header), c.resp.ContentLength
		if validator != "" && validator != state.Validator || total >= 0 && total != state.Total {
			return errChanged
		}
		return fmt.Errorf("%w: it sends the whole file instead of a part", errRanges)
	case http.StatusRequestedRangeNotSatisfiable:
		r, err := parseContentRange(c.resp.Header.Get("Content-Range"))
		if err == nil && r.total != state.Total {
			return errChanged
		}
		return fmt.Errorf("%w: it refuses a part of the file", errRanges)
	default:
		return statusError(d.req, c.resp)
	}
}

// checkRange checks that a 206 brings the bytes that were asked for, or the first of them, and that they are of the
// same version as the bytes on disk.
func (d *download) checkRange(resp *http.Response, asked chunk.Span) (contentRange, error) {
	r, err := parseContentRange(resp.Header.Get("Content-Range"))
	if err != nil {
		return r, fmt.Errorf("%w: %w", errRanges, err)
	}
	known, total := d.part.State.Validator, d.part.State.Total
	validator := resp.Header.Get("Last-Modified")
	if strings.HasPrefix(known, `"`) {
		validator = resp.Header.Get("ETag")
	}
	switch {
	case validator != "" && validator != known, total > 0 && r.total >= 0 && r.total != total:
		return r, errChanged
	case validator == "":
		return r, fmt.Errorf("%w: the version of a part is not identified", errRanges)
	case r.first != asked.From || r.last >= asked.To:
		return r, fmt.Errorf("%w: it sends bytes %d to %d when asked for those from %d", errRanges, r.first, r.last,
			asked.From)
	case resp.ContentLength >= 0 && resp.ContentLength != r.last-r.first+1:
		return r, fmt.Errorf("%w: it sends %d bytes as %d to %d", errRanges, resp.ContentLength, r.first, r.last)
	case encodingOf(resp) != "":
		return r, fmt.Errorf("%w: it encodes a part", errRanges)
	default:
		return r, nil
	}
}
