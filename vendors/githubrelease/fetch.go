package githubrelease

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// reference tells Fetch where the files of a release are, in their order. It is the Ref of what Resolve offers.
type reference []location

// location is where one asset is.
type location struct {
	ID  int64  `json:"id"`
	URL string `json:"url"`
}

// String is the text that parseReference reads.
func (r reference) String() string {
	data, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("githubrelease: encode a list of numbers and strings: %v", err))
	}
	return string(data)
}

func parseReference(release provisioner.Release) (r reference, err error) {
	if err := json.Unmarshal([]byte(release.Ref), &r); err != nil {
		return nil, provisioner.Errorf(provisioner.PluginFault, "read the reference of release %s: %w", release.Version, err)
	}
	if len(r) != len(release.Files) || len(r) == 0 {
		return nil, provisioner.Errorf(provisioner.PluginFault, "release %s has %d files and %d addresses", release.Version,
			len(release.Files), len(r))
	}
	return r, nil
}

// Fetch downloads the assets of a release. It goes on from where an earlier Fetch into the same folder stopped.
func (s *Source) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	set, err := parseSettings(req.Query)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	locations, err := parseReference(req.Release)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	fetched := provisioner.Fetched{Details: map[string]string{
		"repo": set.repo, "tag": req.Release.Tag, "api": set.api.String(), "asset": req.Release.Files[0].Name,
	}}
	a := s.newAPI(set)
	for i, file := range req.Release.Files {
		from, err := s.fetchFile(ctx, a, req, file, locations[i])
		if err != nil {
			return provisioner.Fetched{}, err
		}
		fetched.Files = append(fetched.Files, file.Name)
		fetched.Details[strings.TrimSuffix(fmt.Sprintf("url_%d", i), "_0")] = transfer.Redact(from)
	}
	return fetched, nil
}

// fetchFile tries the addresses of a file in turn: one that does not have it, or does not let us in for now, leads to the next.
// The error is that of the first, which knows most.
func (s *Source) fetchFile(
	ctx context.Context, a *api, req provisioner.FetchRequest, file provisioner.File, at location,
) (from string, err error) {
	client := s.download
	client.Transport = s.transport()
	for _, address := range a.addresses(at.ID, at.URL) {
		_, getErr := client.Get(ctx, transferRequest(req, file, address))
		if err == nil || getErr == nil {
			err = getErr
		}
		switch provisioner.KindOf(getErr) {
		case provisioner.NotFound, provisioner.Unauthorized, provisioner.RateLimited:
		default: // also success
			return address.url, err
		}
	}
	return "", err
}

func transferRequest(req provisioner.FetchRequest, file provisioner.File, from address) transfer.Request {
	return transfer.Request{
		URL: from.url, Header: from.header, Authorization: from.authorization,
		Dir: req.Dir, Name: file.Name, Size: file.Size, Digest: file.Digest,
		OnProgress: func(p transfer.Progress) {
			req.Report(provisioner.Progress{
				Phase: provisioner.Downloading, File: file.Name, Done: p.Done, Total: p.Total, Path: p.Path, Settled: p.Settled,
			})
		},
		OnRetry: func(err error, _ time.Duration) {
			req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: file.Name, Message: "trying again: " + err.Error()})
		},
	}
}
