package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// Document is what Get read.
type Document struct {
	Data []byte
	URL  *url.URL // its address after all redirects
}

// Getter reads documents.
type Getter struct {
	Client   *http.Client
	MaxBytes int64
	// StatusError returns the error for an answer whose status is not 200. Nil stands for the function StatusError.
	StatusError func(action string, resp *http.Response) *provisioner.Error
}

// Get reads the document at an address. action begins the message of its errors: "read the index". They are of kind
// Cancelled, Unreachable or BadPayload (the document is too long), or what StatusError returns, and hold no address.
func (g Getter) Get(ctx context.Context, action, address string, header http.Header) (Document, *provisioner.Error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Document{}, unreachable(ctx, action, err)
	}
	req.Header = header.Clone()
	resp, err := g.Client.Do(req)
	if err != nil {
		return Document{}, unreachable(ctx, action, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		if g.StatusError != nil {
			return Document{}, g.StatusError(action, resp)
		}
		return Document{}, StatusError(action, resp)
	}
	data, err := ReadAll(action, resp.Body, g.MaxBytes)
	if e, ok := errors.AsType[*provisioner.Error](err); ok {
		return Document{}, e
	}
	if err != nil {
		return Document{}, unreachable(ctx, action, err)
	}
	return Document{Data: data, URL: resp.Request.URL}, nil
}

// ReadAll reads at most maxBytes. If there are more, its error is of kind BadPayload; else it is the reader's.
func ReadAll(action string, r io.Reader, maxBytes int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err == nil && int64(len(data)) > maxBytes {
		return nil, provisioner.Errorf(provisioner.BadPayload, "%s: it is longer than %d bytes", action, maxBytes)
	}
	return data, err
}

// unreachable describes a request without an answer. The address is left out, because it may be signed.
func unreachable(ctx context.Context, action string, err error) *provisioner.Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return provisioner.Errorf(provisioner.Cancelled, "%s: %w", action, ctx.Err())
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return provisioner.Errorf(provisioner.Unreachable, "%s: %w", action, err).WithHint("%s", transfer.ReachHint(err))
}

// StatusError describes an answer without a document: of kind Unauthorized for the statuses 401 and 403, NotFound for
// 404 and 410, RateLimited for 429, else Unreachable. The caller adds the hint for the first two.
func StatusError(action string, resp *http.Response) *provisioner.Error {
	kind, hint := provisioner.Unreachable, "the server has a problem; try again later"
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		kind, hint = provisioner.Unauthorized, ""
	case http.StatusNotFound, http.StatusGone:
		kind, hint = provisioner.NotFound, ""
	case http.StatusTooManyRequests:
		kind, hint = provisioner.RateLimited, "try again later"
	}
	return provisioner.Errorf(kind, "%s: the server answers %s", action, resp.Status).WithHint("%s", hint)
}
