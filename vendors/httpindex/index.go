package httpindex

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// worker is an entry of the index, as JSON and parsed.
type worker struct {
	Type       catalog.WorkerType `json:"type"`
	Version    string             `json:"version"`
	Platform   catalog.Platform   `json:"platform"`
	Arch       string             `json:"arch"`
	URL        string             `json:"url"`
	Name       string             `json:"name"`
	Size       int64              `json:"size"`
	Digest     string             `json:"digest"`
	Prerelease bool               `json:"prerelease"`

	version catalog.Version
	arch    catalog.Arch // empty means every one
	digest  catalog.Digest
	url     *url.URL
}

// parseIndex parses an index. One invalid entry makes the whole index invalid, because a part of it would look like a
// complete index with fewer workers.
func parseIndex(data []byte) ([]worker, error) {
	var index struct {
		Workers []worker `json:"workers"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&index); err != nil {
		return nil, fmt.Errorf("%w (at byte %d)", err, decoder.InputOffset())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows the object")
	}
	seen := map[string]int{}
	for i := range index.Workers {
		w := &index.Workers[i]
		if err := w.parse(); err != nil {
			return nil, fmt.Errorf("workers[%d]: %w", i, err)
		}
		key := fmt.Sprintln(w.Type, w.version, w.Platform, w.arch)
		if earlier, ok := seen[key]; ok {
			return nil, fmt.Errorf("workers[%d]: the same type, version and platform as workers[%d]", i, earlier)
		}
		seen[key] = i
	}
	return index.Workers, nil
}

// parse sets the parsed fields and checks all others.
func (w *worker) parse() (err error) {
	if w.Type == "" || w.Platform == "" {
		return errors.New("type or platform is missing")
	}
	if w.version, err = catalog.ParseVersion(w.Version); err != nil {
		return fmt.Errorf("version: %w", err)
	}
	if w.Arch != "" {
		if w.arch, err = catalog.ParseArch(w.Arch); err != nil {
			return fmt.Errorf("arch: %w", err)
		}
	}
	if w.Digest != "" {
		if w.digest, err = catalog.ParseDigest(w.Digest); err != nil {
			return fmt.Errorf("digest: %w", err)
		}
	}
	if w.url, err = url.Parse(w.URL); err != nil || w.URL == "" || w.url.User != nil {
		return fmt.Errorf("url: want an address, or a path relative to the index, without userinfo")
	}
	if w.Size < 0 {
		return fmt.Errorf("size: %d", w.Size)
	}
	if name := w.name(); name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\:\x00") {
		return fmt.Errorf("name: %q is not a base name", name)
	}
	return nil
}

// name returns the name of the downloaded file.
func (w worker) name() string {
	if w.Name != "" {
		return w.Name
	}
	return path.Base("/" + w.url.Path)
}

func (w worker) isPrerelease() bool { return w.Prerelease || w.version.IsPrerelease() }

// release returns w as a release. Its address is relative to from, the address of the index.
func (w worker) release(from *url.URL) (provisioner.Release, error) {
	at := from.ResolveReference(w.url)
	if err := allowed(from, at); err != nil {
		return provisioner.Release{}, provisioner.Errorf(provisioner.BadPayload,
			"worker %s of the index: %w", w.version, err)
	}
	r := provisioner.Release{
		Version: w.version, Tag: w.Version, Prerelease: w.Prerelease, Integrity: catalog.Published, Ref: at.String(),
		Files: []provisioner.File{{Name: w.name(), Size: w.Size, Digest: w.digest}},
	}
	if w.digest == "" {
		r.Integrity = catalog.None
	}
	return r, nil
}

// allowed returns an error for an address that an index must not list: a local file, unless the index is one too, and
// an address that cannot be fetched.
func allowed(index, at *url.URL) error {
	switch at.Scheme {
	case "http", "https":
		if at.Host == "" {
			return errors.New("its address has no host")
		}
		return nil
	case schemeFile:
		if index.Scheme == schemeFile && at.Host == "" {
			return nil
		}
		return errors.New("an index from the network lists a local file")
	default:
		return fmt.Errorf("its address has the unknown scheme %q", at.Scheme)
	}
}
