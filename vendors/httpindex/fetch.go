package httpindex

import (
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// Fetch implements provisioner.VendorSource. It downloads the file and resumes what an earlier Fetch left, or copies a
// local file.
func (*Source) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	set, err := parseSettings(req.Query)
	if err != nil {
		return provisioner.Fetched{}, err
	}
	at, err := url.Parse(req.Release.Ref)
	if err != nil || len(req.Release.Files) != 1 || allowed(set.index, at) != nil {
		return provisioner.Fetched{}, provisioner.Errorf(provisioner.NotFound, "release %s is not one of this index",
			req.Release.Version)
	}
	file := req.Release.Files[0]
	if at.Scheme == schemeFile {
		err = copyFile(ctx, req, file, localPath(at))
	} else {
		_, err = transfer.Client{}.Get(ctx, set.download(req, file, at))
	}
	if err != nil {
		return provisioner.Fetched{}, err
	}
	return provisioner.Fetched{Files: []string{file.Name}, Details: map[string]string{
		"index": set.index.String(), "url": redact.URL(at.String()),
	}}, nil
}

// download returns the request for a file, which reports progress to req.
func (s settings) download(req provisioner.FetchRequest, file provisioner.File, at *url.URL) transfer.Request {
	return transfer.Request{
		URL: at.String(), Authorization: s.authorization(at),
		Dir: req.Dir, Name: file.Name, Size: file.Size, Digest: file.Digest,
		OnProgress: func(p transfer.Progress) {
			req.Report(provisioner.Progress{
				Phase: provisioner.Downloading, File: file.Name,
				Done: p.Done, Total: p.Total, Path: p.Path, Settled: p.Settled,
			})
		},
		OnRetry: func(err error, _ time.Duration) {
			req.Report(provisioner.Progress{
				Phase: provisioner.Downloading, File: file.Name, Message: "trying again: " + err.Error(),
			})
		},
	}
}

// copyFile copies a local file. It replaces what an earlier Fetch left.
func copyFile(ctx context.Context, req provisioner.FetchRequest, file provisioner.File, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return provisioner.Errorf(provisioner.NotFound, "open %s: %w", file.Name, err).
			WithHint("the index lists a file that does not exist")
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return provisioner.Errorf(provisioner.BadPayload, "%s is not a regular file", from)
	}
	root, err := os.OpenRoot(req.Dir)
	if err != nil {
		return provisioner.Errorf(provisioner.Other, "open the folder: %w", err)
	}
	defer root.Close()
	_ = root.Remove(file.Name)
	target, err := root.Create(file.Name)
	if err != nil {
		return provisioner.Errorf(provisioner.Other, "write %s: %w", file.Name, err)
	}
	progress := provisioner.Progress{
		Phase: provisioner.Downloading, File: file.Name, Total: info.Size(), Path: file.Name,
	}
	err = copyBytes(ctx, target, source, func(done int64) {
		progress.Done, progress.Settled, progress.Total = done, done, max(done, progress.Total)
		req.Report(progress)
	})
	if err = errors.Join(err, target.Close()); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return provisioner.Errorf(provisioner.Cancelled, "copy %s: %w", file.Name, context.Cause(ctx))
	}
	return provisioner.Errorf(provisioner.Other, "copy %s: %w", file.Name, err)
}

// copyBytes copies until ctx is done. After each write it calls report with the number of bytes so far.
func copyBytes(ctx context.Context, target io.Writer, source io.Reader, report func(int64)) error {
	buffer := make([]byte, 256<<10)
	for done := int64(0); ctx.Err() == nil; {
		n, err := source.Read(buffer)
		if n > 0 {
			if _, err := target.Write(buffer[:n]); err != nil {
				return err
			}
			done += int64(n)
			report(done)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
