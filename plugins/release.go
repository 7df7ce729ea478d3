package plugins

import (
	"fmt"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

func resolutionToWire(r provisioner.Resolution) *vendorpb.ResolveResponse {
	answer := &vendorpb.ResolveResponse{Volatile: r.Volatile}
	for _, release := range r.Releases {
		answer.Releases = append(answer.Releases, releaseToWire(release))
	}
	for _, refusal := range r.Rejected {
		answer.Refused = append(answer.Refused, &vendorpb.Refusal{
			Version: text(refusal.Version),
			Asset:   text(refusal.Asset),
			Kind:    errorKinds[refusal.Kind],
			Reason:  text(refusal.Reason),
		})
	}
	return answer
}

func resolutionFromWire(answer *vendorpb.ResolveResponse) (provisioner.Resolution, error) {
	if n := len(answer.GetReleases()) + len(answer.GetRefused()); n > maxAnswers {
		return provisioner.Resolution{}, fmt.Errorf("%d releases and refusals, more than %d", n, maxAnswers)
	}
	r := provisioner.Resolution{Volatile: answer.GetVolatile()}
	for i, wire := range answer.GetReleases() {
		release, err := releaseFromWire(wire)
		if err != nil {
			return provisioner.Resolution{}, fmt.Errorf("release %d: %w", i, err)
		}
		r.Releases = append(r.Releases, release)
	}
	for i, wire := range answer.GetRefused() {
		kind, ok := errorKinds.read(wire.GetKind())
		if !ok {
			return provisioner.Resolution{}, fmt.Errorf("refusal %d: unknown kind %s", i, wire.GetKind())
		}
		r.Rejected = append(r.Rejected, provisioner.Rejection{
			Version: wire.GetVersion(),
			Asset:   wire.GetAsset(),
			Kind:    kind,
			Reason:  text(wire.GetReason()),
		})
	}
	return r, nil
}

func releaseToWire(r provisioner.Release) *vendorpb.Release {
	wire := &vendorpb.Release{
		Version:    r.Version.String(),
		Tag:        r.Tag,
		Prerelease: r.Prerelease,
		Integrity:  integrities[r.Integrity],
		Ref:        r.Ref,
		Revision:   text(r.Revision),
	}
	for _, f := range r.Files {
		wire.Files = append(wire.Files, &vendorpb.File{Name: f.Name, Size: f.Size, Digest: f.Digest.String()})
	}
	return wire
}

func releaseFromWire(wire *vendorpb.Release) (provisioner.Release, error) {
	version, err := catalog.ParseVersion(wire.GetVersion())
	if err != nil {
		return provisioner.Release{}, err
	}
	integrity, ok := integrities.read(wire.GetIntegrity())
	if !ok {
		return provisioner.Release{}, fmt.Errorf("%s: unknown integrity %s", version, wire.GetIntegrity())
	}
	files, err := filesFromWire(wire.GetFiles())
	if err != nil {
		return provisioner.Release{}, fmt.Errorf("%s: %w", version, err)
	}
	return provisioner.Release{
		Version:    version,
		Tag:        wire.GetTag(),
		Prerelease: wire.GetPrerelease(),
		Integrity:  integrity,
		Files:      files,
		Ref:        wire.GetRef(),
		Revision:   wire.GetRevision(),
	}, nil
}

func filesFromWire(list []*vendorpb.File) ([]provisioner.File, error) {
	var files []provisioner.File
	for _, wire := range list {
		name := wire.GetName()
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
			return nil, fmt.Errorf("file %q: not a base name", name)
		}
		if wire.GetSize() < 0 {
			return nil, fmt.Errorf("file %q: size %d", name, wire.GetSize())
		}
		file := provisioner.File{Name: name, Size: wire.GetSize()}
		if wire.GetDigest() != "" {
			digest, err := catalog.ParseDigest(wire.GetDigest())
			if err != nil {
				return nil, fmt.Errorf("file %q: %w", name, err)
			}
			file.Digest = digest
		}
		files = append(files, file)
	}
	return files, nil
}
