package githubrelease

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
	"github.com/rbee-keeper/provision/vendors/web"
)

const maxShared = 4 // checksum files of one release: some publish one for each system

// checksums are what a release publishes beside its assets. The zero value is nothing.
type checksums struct {
	file string // the name of the asset that they stand in; several are joined
	// ofAll tells that the file is for all assets, so that one which it leaves out is suspect.
	ofAll    bool
	sidecars map[string]bool // the assets that have a file of their own
	sums     web.Checksums
}

// digest returns what is published of an asset: by the API, by a checksum file, or by both, which must agree. It is
// empty where nothing is. The refusal tells of an asset that a checksum file leaves out; the error, of two digests that
// contradict.
func (c checksums) digest(a asset) (digest catalog.Digest, refusal string, err error) {
	if a.Digest != "" {
		if digest, err = catalog.ParseDigest(a.Digest); err != nil {
			return "", fmt.Sprintf("the API gives a %v", err), nil
		}
	}
	listed, isListed := c.sums[a.Name]
	switch {
	case !isListed && (c.ofAll || c.sidecars[a.Name]):
		return "", "it is not listed in " + c.file, nil
	case digest == "" && isListed && len(listed) == 0:
		return "", "only weak checksums of it are listed in " + c.file, nil
	case digest == "":
		return cmp.Or(listed["sha256"], listed["sha512"]), "", nil
	}
	if other := listed[digest.Algorithm()]; other != "" && other != digest {
		return "", "", mismatch(a.Name, digest, other, c.file)
	}
	return digest, "", nil
}

func mismatch(name string, api, listed catalog.Digest, file string) error {
	return provisioner.Errorf(provisioner.DigestMismatch, "%s is published with %s by the API and with %s in %s", name,
		api, listed, file).
		WithHint("tell the publisher; one of the two was changed")
}

// checkFurther holds a file against what is listed of it by other algorithms than that of its digest, which the host
// checks.
func (c checksums) checkFurther(file provisioner.File, path string) error {
	for algorithm, listed := range c.sums[file.Name] {
		if file.Digest == "" || algorithm == file.Digest.Algorithm() {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return provisioner.Errorf(provisioner.Other, "read %s: %w", file.Name, err)
		}
		sum := listed.Hash()
		_, err = io.Copy(sum, f)
		f.Close()
		if err != nil {
			return provisioner.Errorf(provisioner.Other, "read %s: %w", file.Name, err)
		}
		if !listed.Matches(sum) {
			return mismatch(file.Name, file.Digest, listed, c.file)
		}
	}
	return nil
}

// needsChecksums reports whether a checksum file is to be read before an offer is made: the source names one, or the
// API lacks a digest. Else it is read before the download, for the one release that is fetched.
func (r *resolver) needsChecksums(o offer) bool {
	return r.api.checksums != "" || slices.ContainsFunc(o.chosen, func(a asset) bool { return a.Digest == "" })
}

// readChecksums reads a release's checksum files.
func (a *api) readChecksums(ctx context.Context, tag string, chosen, files []asset) (checksums, error) {
	found := checksums{sums: web.Checksums{}, sidecars: map[string]bool{}}
	var names []string
	for _, f := range files {
		sidecar := sidecarOf(f.Name)
		if holdsName(chosen, sidecar) {
			found.sidecars[sidecar] = true
		} else {
			found.ofAll, sidecar = true, ""
		}
		data, err := a.download(ctx, f)
		if err != nil {
			return checksums{}, err
		}
		if err := found.sums.Parse(data, sidecar); err != nil {
			return checksums{}, provisioner.Errorf(provisioner.Unverified, "read %s of %s: %w", f.Name, tag, err).
				WithHint("tell the publisher, or name another file by the source's `checksums`")
		}
		names = append(names, f.Name)
	}
	found.file = strings.Join(names, ", ")
	return found, nil
}

var (
	checksumName = lazyregexp.New(`(?i)^(.*[-_.])?(sha-?(256|512)(-?sums?)?|sha-?sums?|checksums?|digests)` +
		`([-_.](sha)?(256|512))?(\.(txt|sum|list))?$`)
	sidecarName = lazyregexp.New(`(?i)^(.+)[-._]sha-?(256|512)(sums?)?(\.(txt|sum))?$`)
)

// checksumFiles picks the assets to read checksums from: the one that is configured, else the sidecars of the chosen
// assets, else the file for all.
func checksumFiles(o offer, configured string) []asset {
	var named, sidecars, shared []asset
	for _, a := range o.Assets {
		isSidecar := holdsName(o.chosen, sidecarOf(a.Name))
		switch {
		case a.State != uploadedState:
		case a.Name == configured:
			named = append(named, a)
		case isSidecar:
			sidecars = append(sidecars, a)
		case holdsName(o.Assets, sidecarOf(a.Name)): // of an asset that was not chosen
		case checksumName().MatchString(a.Name):
			shared = append(shared, a)
		}
	}
	switch {
	case configured != "":
		return named
	case len(sidecars) > 0:
		return sidecars
	default:
		return shared[:min(len(shared), maxShared)]
	}
}

func holdsName(assets []asset, name string) bool {
	return slices.ContainsFunc(assets, func(a asset) bool { return a.Name == name })
}

// sidecarOf is the name of the asset that a file of this name holds the checksum of; empty if that is not in its name.
func sidecarOf(name string) string {
	match := sidecarName().FindStringSubmatch(name)
	if match == nil {
		return ""
	}
	return match[1]
}
