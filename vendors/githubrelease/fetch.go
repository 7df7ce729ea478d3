package githubrelease

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// reference tells Fetch where the files of a release are, in their order, and its checksum files. It is the Ref of what
// Resolve offers.
type reference struct {
	Files     []location `json:"files"`
	Checksums []location `json:"checksums,omitempty"`
}

// location is where one asset is.
type location struct {
	ID   int64  `json:"id"`
	URL  string `json:"url"`
	Name string `json:"name,omitempty"` // of a checksum file
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
		return r, provisioner.Errorf(provisioner.PluginFault, "read the reference of release %s: %w", release.Version, err)
	}
	if len(r.Files) != len(release.Files) || len(r.Files) == 0 {
		return r, provisioner.Errorf(provisioner.PluginFault, "release %s has %d files and %d addresses", release.Version,
			len(release.Files), len(r.Files))
	}
	return r, nil
}

// Fetch downloads the assets of a release. It goes on from where an earlier Fetch into the same folder stopped.
func (s *Source) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	set, err := parseSettings(req.Query)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	ref, err := parseReference(req.Release)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	a := s.newAPI(set, "")
	sums, err := a.crossCheck(ctx, req.Release, ref.Checksums)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	fetched := provisioner.Fetched{Details: map[string]string{
		"repo": set.repo, "tag": req.Release.Tag, "api": set.api.String(), "asset": req.Release.Files[0].Name,
	}}
	for i, file := range req.Release.Files {
		from, err := s.fetchFile(ctx, a, req, file, ref.Files[i])
		if err != nil {
			return provisioner.Fetched{}, err
		}
		if err := sums.checkFurther(file, filepath.Join(req.Dir, file.Name)); err != nil {
			return provisioner.Fetched{}, err
		}
		fetched.Files = append(fetched.Files, file.Name)
		fetched.Details[strings.TrimSuffix(fmt.Sprintf("url_%d", i), "_0")] = redact.URL(from)
	}
	return fetched, nil
}

// crossCheck holds the digests of a release against its checksum files: where both exist they must agree, and a file
// that is published without a digest in them is suspect.
func (a *api) crossCheck(ctx context.Context, release provisioner.Release, at []location) (checksums, error) {
	var chosen, files []asset
	for _, f := range release.Files {
		chosen = append(chosen, asset{Name: f.Name, Digest: string(f.Digest)})
	}
	for _, l := range at {
		files = append(files, asset{ID: l.ID, BrowserURL: l.URL, Name: l.Name})
	}
	sums, err := a.readChecksums(ctx, release.Tag, chosen, files)
	if err != nil {
		return sums, err
	}
	for _, c := range chosen {
		_, refusal, err := sums.digest(c)
		if err != nil {
			return sums, err
		}
		if refusal != "" && c.Digest != "" {
			return sums, provisioner.Errorf(provisioner.Unverified, "%s: %s", c.Name, refusal).
				WithHint("tell the publisher, or name another file by the source's `checksums`")
		}
	}
	return sums, nil
}

// fetchFile tries the addresses of a file in turn: one that does not have it, or does not let us in for now, leads to
// the next. The error is that of the first, which knows most.
func (s *Source) fetchFile(
	ctx context.Context, a *api, req provisioner.FetchRequest, file provisioner.File, at location,
) (from string, err error) {
	client := s.download
	client.Transport = loginWall{s.transport()}
	for _, address := range a.addresses(at.ID, at.URL) {
		_, getErr := client.Get(ctx, transferRequest(req, file, address))
		if err == nil || getErr == nil {
			err = getErr
		}
		if !leadsOn(provisioner.KindOf(getErr)) { // also success
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
			req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: file.Name,
				Message: "trying again: " + err.Error()})
		},
	}
}
