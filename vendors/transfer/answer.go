package transfer

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
)

var (
	// errChanged tells that the bytes at hand are not those of the file on the server any more.
	errChanged = errors.New("the file changed on the server")
	// errRanges tells of a server that can't be asked for a part of a file.
	errRanges = errors.New("the server does not answer ranges as it should")
)

// acceptFirst looks at the head of the first answer of a try and makes part and plan ready for its body. It is true where nothing
// is missing.
func (d *download) acceptFirst(c *connection, asked span) (isWhole bool, err error) {
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

// acceptWhole takes a body that is the whole file, and drops what was there.
func (d *download) acceptWhole(c *connection) error {
	total := max(c.resp.ContentLength, 0)
	if err := d.checkKind(c.resp, total); err != nil {
		return err
	}
	if err := d.checkTotal(total); err != nil {
		return err
	}
	n := note{URL: redact.URL(d.req.URL), Validator: validatorOf(c.resp.Header), Total: total}
	if d.noRanges {
		n.Validator = ""
	}
	if total > 0 {
		c.end = total
	}
	d.ranges = n.Validator != "" && total > 0 && strings.EqualFold(c.resp.Header.Get("Accept-Ranges"), "bytes")
	return d.restart(n)
}

// checkKind refuses what is not the file's own bytes.
func (d *download) checkKind(resp *http.Response, total int64) error {
	if e := resp.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return provisioner.Errorf(provisioner.BadPayload, "%s comes encoded as %q, which was not asked for", d.req.Name, e)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	isPage := kind == "text/html" && !strings.Contains(strings.ToLower(d.req.Name), ".htm")
	if isPage && (d.req.Size == 0 || total != d.req.Size) {
		return provisioner.Errorf(provisioner.Unreachable, "download %s from %s: a web page comes in its place", d.req.Name,
			redact.URL(d.req.URL)).WithHint("a proxy, or a network that asks for a login, may answer in the server's place")
	}
	return nil
}

// checkTotal holds the file's size on the server, 0 if unknown, against what is expected.
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

// acceptRest takes a body that goes on where the bytes at hand end.
func (d *download) acceptRest(c *connection, asked span) error {
	r, err := d.checkRange(c.resp, asked)
	if err != nil {
		return err
	}
	d.ranges = true
	if r.total >= 0 || d.size() != unknown {
		c.end = r.last + 1
	}
	if r.total < 0 || d.part.note.Total > 0 {
		return nil
	}
	if err := d.checkTotal(r.total); err != nil {
		return err
	}
	d.part.note.Total = r.total
	d.plan = newPlan(r.total, d.plan.segment, d.plan.have())
	return nil
}

// acceptEnd handles a 416: all bytes are at hand, or they are of another file.
func (d *download) acceptEnd(resp *http.Response, asked span) (isWhole bool, err error) {
	r, err := parseContentRange(resp.Header.Get("Content-Range"))
	if err == nil && r.total == asked.From && d.plan.isComplete() {
		return true, d.checkTotal(r.total)
	}
	return false, errChanged
}

// acceptPiece checks that an answer brings the bytes of a piece.
func (d *download) acceptPiece(c *connection, asked span) error {
	switch c.resp.StatusCode {
	case http.StatusPartialContent:
		r, err := d.checkRange(c.resp, asked)
		c.end = r.last + 1
		return err
	case http.StatusOK:
		validator, total := validatorOf(c.resp.Header), c.resp.ContentLength
		if validator != "" && validator != d.part.note.Validator || total >= 0 && total != d.part.note.Total {
			return errChanged
		}
		return fmt.Errorf("%w: the whole file comes in place of a part", errRanges)
	case http.StatusRequestedRangeNotSatisfiable:
		if r, err := parseContentRange(c.resp.Header.Get("Content-Range")); err == nil && r.total != d.part.note.Total {
			return errChanged
		}
		return fmt.Errorf("%w: a part of the file is refused", errRanges)
	default:
		return statusError(d.req, c.resp)
	}
}

// checkRange checks that a 206 brings the bytes that were asked for, or the first of them, of the very file that the bytes at hand
// are of.
func (d *download) checkRange(resp *http.Response, asked span) (contentRange, error) {
	r, err := parseContentRange(resp.Header.Get("Content-Range"))
	if err != nil {
		return r, fmt.Errorf("%w: %w", errRanges, err)
	}
	known, total := d.part.note.Validator, d.part.note.Total
	validator := resp.Header.Get("Last-Modified")
	if strings.HasPrefix(known, `"`) {
		validator = resp.Header.Get("ETag")
	}
	switch {
	case validator != "" && validator != known, total > 0 && r.total >= 0 && r.total != total:
		return r, errChanged
	case validator == "":
		return r, fmt.Errorf("%w: a part does not tell which version it is of", errRanges)
	case r.first != asked.From || r.last >= asked.To:
		return r, fmt.Errorf("%w: bytes from %d were asked for, %d to %d come", errRanges, asked.From, r.first, r.last)
	case resp.ContentLength >= 0 && resp.ContentLength != r.last-r.first+1:
		return r, fmt.Errorf("%w: %d bytes come as %d to %d", errRanges, resp.ContentLength, r.first, r.last)
	case resp.Header.Get("Content-Encoding") != "" && !strings.EqualFold(resp.Header.Get("Content-Encoding"), "identity"):
		return r, fmt.Errorf("%w: a part comes encoded", errRanges)
	default:
		return r, nil
	}
}
