package vendortest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// acme is a vendor that keeps its contract, except for what a test replaces.
type acme struct {
	describe func(context.Context, provisioner.Description) (provisioner.Description, error)
	resolve  func(context.Context, provisioner.Query, provisioner.Resolution) (provisioner.Resolution, error)
	fetch    func(context.Context, provisioner.FetchRequest) (provisioner.Fetched, error)
	// lenient takes any configuration.
	lenient bool
}

var _ provisioner.VendorSource = acme{}

var content = bytes.Repeat([]byte("#!/bin/sh\n"), 4096)

const fileName = "worker"

type acmeConfig struct {
	Stall bool   `json:"stall"`
	Mode  string `json:"mode"`
}

func (a acme) Describe(ctx context.Context) (provisioner.Description, error) {
	d := provisioner.Description{
		Name: "acme", Version: "1.0.0",
		Options: []provisioner.Option{
			{Name: "stall", Kind: provisioner.BoolOption, Help: "do not come to an end"},
			{Name: "mode", Kind: provisioner.StringOption, Help: "how", Values: []string{"a", "b"}, Required: true},
		},
		Needs: provisioner.Needs{Env: []string{"HTTPS_PROXY"}, Tools: []string{"git"}},
	}
	if a.describe != nil {
		return a.describe(ctx, d)
	}
	return d, nil
}

func (a acme) decode(q provisioner.Query) (c acmeConfig, err error) {
	if a.lenient {
		return c, nil
	}
	if err := errors.Join(q.DecodeWith(&c), q.DecodeConfig(&struct{}{})); err != nil {
		return c, err
	}
	if c.Mode != "a" && c.Mode != "b" {
		return c, provisioner.Errorf(provisioner.InvalidConfig, "mode: want a or b, not %q", c.Mode)
	}
	return c, nil
}

func offer(versions ...string) (r provisioner.Resolution) {
	sum := sha256.New()
	sum.Write(content)
	for _, v := range versions {
		r.Releases = append(r.Releases, provisioner.Release{
			Version: catalog.MustVersion(v), Integrity: catalog.Published, Ref: "ref of " + v,
			Files: []provisioner.File{{Name: fileName, Size: int64(len(content)), Digest: catalog.DigestOf(sum)}},
		})
	}
	return r
}

func (a acme) Resolve(ctx context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	if _, err := a.decode(q); err != nil {
		return provisioner.Resolution{}, err
	}
	r := offer("1.0.0", "1.1.0")
	if !q.Arch.Valid() {
		r = provisioner.Resolution{Rejected: []provisioner.Rejection{
			{
				Version: "1.1.0", Asset: fileName,
				Kind: provisioner.UnsupportedPlatform, Reason: "not for " + q.Arch.String(),
			},
		}}
	}
	if a.resolve != nil {
		return a.resolve(ctx, q, r)
	}
	return r, nil
}

func (a acme) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	c, err := a.decode(req.Query)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	if want := "ref of " + req.Release.Version.String(); req.Release.Ref != want {
		return provisioner.Fetched{}, provisioner.Errorf(provisioner.NotFound, "there is no %q", req.Release.Ref)
	}
	if c.Stall {
		<-ctx.Done()
		return provisioner.Fetched{}, ctx.Err()
	}
	if a.fetch != nil {
		return a.fetch(ctx, req)
	}
	return download(ctx, req)
}

const partName = fileName + ".part"

// download writes the file in several parts.
func download(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	part := filepath.Join(req.Dir, partName)
	f, err := os.Create(part)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	defer f.Close()
	const bits = 8
	for i := range bits {
		if _, err := f.Write(content[i*len(content)/bits : (i+1)*len(content)/bits]); err != nil {
			return provisioner.Fetched{}, err
		}
		done := int64((i + 1) * len(content) / bits)
		req.Report(provisioner.Progress{
			Phase: provisioner.Downloading, File: fileName, Done: done, Total: int64(len(content)),
			Path: partName, Settled: done,
		})
		select {
		case <-ctx.Done():
			return provisioner.Fetched{}, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return provisioner.Fetched{
		Files: []string{fileName}, Details: map[string]string{"url": "https://mirror.test/worker"},
	}, os.Rename(part, filepath.Join(req.Dir, fileName))
}
