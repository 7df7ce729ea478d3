package githubrelease

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const (
	maxChecksumFile     = 1 << 20
	checksumFileTimeout = 30 * time.Second
	maxShared           = 4 // checksum files of one release: some publish one for each system
)

// checksums are what a release publishes beside its assets. The zero value is nothing.
type checksums struct {
	file string // the name of the asset that they stand in; several are joined
	// ofAll tells that the file is for all assets, so that one which it leaves out is suspect.
	ofAll bool
	sums  sums
}

// sums gives the digests of files, by base name and algorithm.
type sums map[string]map[string]catalog.Digest

// digest returns what is published of an asset: by the API, by a checksum file, or by both, which must agree. It is empty where
// nothing is. The refusal tells of an asset that a checksum file leaves out; the error, of two digests that contradict.
func (c checksums) digest(a asset) (digest catalog.Digest, refusal string, err error) {
	if a.Digest != "" {
		if digest, err = catalog.ParseDigest(a.Digest); err != nil {
			return "", fmt.Sprintf("the API gives a %v", err), nil
		}
	}
	listed := c.sums[a.Name]
	if len(listed) == 0 && c.ofAll {
		return "", "it is not listed in " + c.file, nil
	}
	if digest == "" {
		return cmp.Or(listed["sha256"], listed["sha512"]), "", nil
	}
	if other := listed[digest.Algorithm()]; other != "" && other != digest {
		return "", "", provisioner.Errorf(provisioner.DigestMismatch, "%s is published with %s by the API and with %s in %s",
			a.Name, digest, other, c.file).WithHint("tell the publisher; one of the two was changed")
	}
	return digest, "", nil
}

// needsChecksums reports whether a checksum file is to be read for an offer: the source names one, or the API lacks a digest.
func (r *resolver) needsChecksums(o offer) bool {
	return r.api.checksums != "" || slices.ContainsFunc(o.chosen, func(a asset) bool { return a.Digest == "" })
}

// checksumsOf reads the checksum file of a release where it is needed.
func (r *resolver) checksumsOf(ctx context.Context, o offer) (checksums, error) {
	if !r.needsChecksums(o) {
		return checksums{}, nil
	}
	found := checksums{sums: sums{}}
	var files []string
	for _, f := range checksumFiles(o, r.api.checksums) {
		found.ofAll = found.ofAll || !holdsName(o.chosen, sidecarOf(f.Name))
		data, err := r.download(ctx, f)
		if err != nil {
			return checksums{}, err
		}
		if err := parseChecksums(string(data), sidecarOf(f.Name), found.sums); err != nil {
			return checksums{}, provisioner.Errorf(provisioner.Unverified, "read %s of %s: %w", f.Name, o.Tag, err)
		}
		files = append(files, f.Name)
	}
	if r.api.checksums != "" && len(files) == 0 {
		files, found.ofAll = []string{r.api.checksums + ", which the release lacks"}, true
	}
	found.file = strings.Join(files, ", ")
	return found, nil
}

var (
	checksumName = regexp.MustCompile(`(?i)^(.*[-_.])?(sha(256|512)(sums?)?|checksums?)([-_.](sha)?(256|512))?(\.txt)?$`)
	sidecarName  = regexp.MustCompile(`(?i)^(.+)\.sha(256|512)(sums?)?(\.txt)?$`)
)

// checksumFiles picks the assets to read checksums from: the one that is configured, else the sidecars of the chosen assets,
// else the file for all.
func checksumFiles(o offer, configured string) []asset {
	var named, sidecars, shared []asset
	for _, a := range o.Assets {
		isSidecar := holdsName(o.chosen, sidecarOf(a.Name))
		switch {
		case a.State != "uploaded":
		case a.Name == configured:
			named = append(named, a)
		case isSidecar:
			sidecars = append(sidecars, a)
		case holdsName(o.Assets, sidecarOf(a.Name)): // of an asset that was not chosen
		case checksumName.MatchString(a.Name):
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
	match := sidecarName.FindStringSubmatch(name)
	if match == nil {
		return ""
	}
	return match[1]
}

var bsdChecksum = regexp.MustCompile(`^SHA(?:256|512) \((.+)\) = ([0-9A-Fa-f]+)$`)

// parseChecksums reads lines of "hex  name", "hex *name" or "SHA256 (name) = hex" into found. Of a name that is a path the last
// element counts. A lone hex sum is that of the sidecar's asset. Comments, and sums of other algorithms than SHA-256 and
// SHA-512, are left out. A name with two sums of one algorithm is an error.
func parseChecksums(text, sidecar string, found sums) error {
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, maxChecksumFile+1)
	for lines.Scan() {
		sum, name := splitChecksum(strings.TrimSpace(lines.Text()))
		digest, ok := digestFromHex(sum)
		if name = cmp.Or(name, sidecar); !ok || name == "" {
			continue
		}
		if found[name] == nil {
			found[name] = map[string]catalog.Digest{}
		}
		if earlier := found[name][digest.Algorithm()]; earlier != "" && earlier != digest {
			return fmt.Errorf("%q stands there with two checksums", name)
		}
		found[name][digest.Algorithm()] = digest
	}
	return lines.Err()
}

// splitChecksum finds the sum and the base name in a line.
func splitChecksum(line string) (sum, name string) {
	if match := bsdChecksum.FindStringSubmatch(line); match != nil {
		return match[2], baseName(match[1])
	}
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		return line, ""
	}
	return line[:end], baseName(strings.TrimPrefix(strings.TrimLeft(line[end:], " \t"), "*"))
}

func baseName(name string) string { return name[strings.LastIndexAny(name, `/\`)+1:] }

// digestFromHex tells the algorithm from the length.
func digestFromHex(sum string) (catalog.Digest, bool) {
	algorithm := map[int]string{64: "sha256", 128: "sha512"}[len(sum)]
	digest, err := catalog.ParseDigest(algorithm + ":" + sum)
	return digest, err == nil
}

// download reads a small asset.
func (a *api) download(ctx context.Context, f asset) (data []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, checksumFileTimeout)
	defer cancel()
	for _, from := range a.addresses(f.ID, f.BrowserURL) {
		if data, err = read(ctx, a.client.Client(), from); err == nil {
			return data, nil
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, provisioner.Errorf(provisioner.Cancelled, "download %s: %w", f.Name, ctx.Err())
	}
	return nil, provisioner.Errorf(provisioner.Unreachable, "download %s: %w", f.Name, err)
}

func read(ctx context.Context, client *http.Client, from address) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header = from.header.Clone()
	resp, err := client.Do(req)
	if e, ok := errors.AsType[*url.Error](err); ok {
		return nil, e.Err // without the address, which may be signed
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxChecksumFile+1))
	if err == nil && len(data) > maxChecksumFile {
		err = fmt.Errorf("it is longer than %d bytes", maxChecksumFile)
	}
	return data, err
}
