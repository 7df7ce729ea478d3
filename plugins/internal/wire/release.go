package wire

import (
	"fmt"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// EncodeResolution encodes the answer to Resolve.
func EncodeResolution(r provisioner.Resolution) *vendorpb.ResolveResponse {
	return &vendorpb.ResolveResponse{
		Releases: encodeAll(r.Releases, encodeRelease),
		Refused:  encodeAll(r.Rejected, encodeRejection),
		Volatile: r.Volatile,
	}
}

// DecodeResolution decodes and checks the answer to Resolve.
func DecodeResolution(m *vendorpb.ResolveResponse) (provisioner.Resolution, error) {
	if n := len(m.GetReleases()) + len(m.GetRefused()); n > MaxAnswers {
		return provisioner.Resolution{}, fmt.Errorf("%d releases and refusals, more than %d", n, MaxAnswers)
	}
	releases, err := decodeAll("release", m.GetReleases(), decodeRelease)
	if err != nil {
		return provisioner.Resolution{}, err
	}
	rejected, err := decodeAll("refusal", m.GetRefused(), decodeRejection)
	if err != nil {
		return provisioner.Resolution{}, err
	}
	return provisioner.Resolution{Releases: releases, Rejected: rejected, Volatile: m.GetVolatile()}, nil
}

func encodeRejection(r provisioner.Rejection) *vendorpb.Refusal {
	return &vendorpb.Refusal{
		Version: Sanitize(r.Version), Asset: Sanitize(r.Asset), Kind: errorKinds[r.Kind].enum, Reason: Sanitize(r.Reason),
	}
}

func decodeRejection(m *vendorpb.Refusal) (provisioner.Rejection, error) {
	kind, ok := decodeKind(m.GetKind())
	if !ok {
		return provisioner.Rejection{}, fmt.Errorf("unknown kind %s", m.GetKind())
	}
	return provisioner.Rejection{
		Version: m.GetVersion(), Asset: m.GetAsset(), Kind: kind, Reason: Sanitize(m.GetReason()),
	}, nil
}

func encodeRelease(r provisioner.Release) *vendorpb.Release {
	return &vendorpb.Release{
		Version:    r.Version.String(),
		Tag:        r.Tag,
		Prerelease: r.Prerelease,
		Integrity:  integrities[r.Integrity],
		Files:      encodeAll(r.Files, encodeFile),
		Ref:        r.Ref,
		Revision:   Sanitize(r.Revision),
	}
}

func decodeRelease(m *vendorpb.Release) (provisioner.Release, error) {
	version, err := catalog.ParseVersion(m.GetVersion())
	if err != nil {
		return provisioner.Release{}, err
	}
	integrity, ok := integrities.decode(m.GetIntegrity())
	if !ok {
		return provisioner.Release{}, fmt.Errorf("%s: unknown integrity %s", version, m.GetIntegrity())
	}
	files, err := decodeAll("file", m.GetFiles(), decodeFile)
	if err != nil {
		return provisioner.Release{}, fmt.Errorf("%s: %w", version, err)
	}
	return provisioner.Release{
		Version:    version,
		Tag:        m.GetTag(),
		Prerelease: m.GetPrerelease(),
		Integrity:  integrity,
		Files:      files,
		Ref:        m.GetRef(),
		Revision:   m.GetRevision(),
	}, nil
}

func encodeFile(f provisioner.File) *vendorpb.File {
	return &vendorpb.File{Name: f.Name, Size: f.Size, Digest: f.Digest.String()}
}

func decodeFile(m *vendorpb.File) (file provisioner.File, err error) {
	file = provisioner.File{Name: m.GetName(), Size: m.GetSize()}
	if file.Name == "" || file.Name == "." || file.Name == ".." || strings.ContainsAny(file.Name, "/\\\x00") {
		return file, fmt.Errorf("%q: not a base name", file.Name)
	}
	if file.Size < 0 {
		return file, fmt.Errorf("%q: size %d", file.Name, file.Size)
	}
	if m.GetDigest() != "" {
		if file.Digest, err = catalog.ParseDigest(m.GetDigest()); err != nil {
			return file, fmt.Errorf("%q: %w", file.Name, err)
		}
	}
	return file, nil
}
