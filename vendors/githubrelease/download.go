package githubrelease

import (
	"context"
	"net/http"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/web"
)

const checksumFileTimeout = 30 * time.Second

// download reads a small asset, from its addresses in turn as fetchFile does. The error is that of the first, which
// knows most.
func (a *api) download(ctx context.Context, f asset) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, checksumFileTimeout)
	defer cancel()
	getter := web.Getter{Client: a.client.Client(), MaxBytes: web.MaxChecksumFile, StatusError: a.downloadError}
	var first *provisioner.Error
	for _, from := range a.addresses(f.ID, f.BrowserURL) {
		file, err := getter.Get(ctx, "download "+f.Name, from.url, from.header)
		if err == nil {
			return file.Data, nil
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

// leadsOn reports whether another address of the same file may work.
func leadsOn(kind provisioner.Kind) bool {
	switch kind {
	case provisioner.NotFound, provisioner.Unauthorized, provisioner.RateLimited, provisioner.BadPayload:
		return true
	default:
		return false
	}
}

// downloadError describes an answer without the file.
func (a *api) downloadError(action string, resp *http.Response) *provisioner.Error {
	if at, ok := limitedUntil(resp); ok {
		return a.rateLimited(at)
	}
	switch e := web.StatusError(action, resp); e.Kind {
	case provisioner.Unauthorized:
		return e.WithHint("%s", a.tokenHint())
	case provisioner.NotFound:
		return e.WithHint("the file was removed, or %s", a.tokenHint())
	default:
		return e
	}
}
