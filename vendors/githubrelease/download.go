package githubrelease

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

const (
	maxChecksumFile     = 1 << 20
	checksumFileTimeout = 30 * time.Second
)

// download reads a small asset, from its addresses in turn as fetchFile does. The error is that of the first, which
// knows most.
func (a *api) download(ctx context.Context, f asset) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, checksumFileTimeout)
	defer cancel()
	var first *provisioner.Error
	for _, from := range a.addresses(f.ID, f.BrowserURL) {
		data, err := a.read(ctx, f.Name, from)
		if err == nil {
			return data, nil
		}
		if first == nil {
			first = err
		}
		if !leadsOn(err.Kind) {
			break
		}
	}
	return nil, first
}

// leadsOn reports whether another address of the same file may do better.
func leadsOn(kind provisioner.Kind) bool {
	switch kind {
	case provisioner.NotFound, provisioner.Unauthorized, provisioner.RateLimited, provisioner.BadPayload:
		return true
	default:
		return false
	}
}

func (a *api) read(ctx context.Context, name string, from address) ([]byte, *provisioner.Error) {
	unreachable := func(err error) *provisioner.Error {
		if errors.Is(ctx.Err(), context.Canceled) {
			return provisioner.Errorf(provisioner.Cancelled, "download %s: %w", name, ctx.Err())
		}
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the address, which may be signed
		}
		return provisioner.Errorf(provisioner.Unreachable, "download %s: %w", name, err).
			WithHint("%s", transfer.ReachHint(err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.url, nil)
	if err != nil {
		return nil, unreachable(err)
	}
	req.Header = from.header.Clone()
	resp, err := a.client.Client().Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, a.downloadError(name, resp)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxChecksumFile+1))
	if err != nil {
		return nil, unreachable(err)
	}
	if len(data) > maxChecksumFile {
		return nil, provisioner.Errorf(provisioner.BadPayload, "%s is longer than %d bytes, and so no checksum file", name,
			maxChecksumFile)
	}
	return data, nil
}

// downloadError gives an answer that brings no bytes its kind.
func (a *api) downloadError(name string, resp *http.Response) *provisioner.Error {
	if at, ok := limitedUntil(resp); ok {
		return a.rateLimited(at)
	}
	e := func(kind provisioner.Kind) *provisioner.Error {
		return provisioner.Errorf(kind, "download %s: the server answers %s", name, resp.Status)
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return e(provisioner.Unauthorized).WithHint("%s", a.tokenHint())
	case http.StatusNotFound, http.StatusGone:
		return e(provisioner.NotFound).WithHint("the file was removed, or %s", a.tokenHint())
	default:
		return e(provisioner.Unreachable).WithHint("the server has a problem; try again later")
	}
}
