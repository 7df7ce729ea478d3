package wire

import (
	"fmt"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// EncodeQuery encodes what the host asks.
func EncodeQuery(q provisioner.Query) *vendorpb.Query {
	return &vendorpb.Query{
		Type:       q.Type.String(),
		Platform:   q.Platform.String(),
		Arch:       q.Arch.String(),
		Constraint: q.Constraint.String(),
		Binary:     q.Binary,
		Host:       q.Host.Facts(),
		Config:     q.Config,
		With:       q.With,
		CacheDir:   q.CacheDir,
	}
}

// DecodeQuery decodes what the host asks. A vendor trusts its host: only what must be parsed is checked.
func DecodeQuery(q *vendorpb.Query) (provisioner.Query, error) {
	constraint, err := catalog.ParseConstraint(q.GetConstraint())
	if err != nil {
		return provisioner.Query{}, err
	}
	return provisioner.Query{
		Type:       catalog.WorkerType(q.GetType()),
		Platform:   catalog.Platform(q.GetPlatform()),
		Arch:       catalog.Arch(q.GetArch()),
		Constraint: constraint,
		Binary:     q.GetBinary(),
		Host:       provisioner.HostOf(q.GetHost()),
		Config:     q.GetConfig(),
		With:       q.GetWith(),
		CacheDir:   q.GetCacheDir(),
	}, nil
}

// EncodeFetchRequest encodes what the host asks of Fetch. OnProgress is left out: the answer streams its progress.
func EncodeFetchRequest(r provisioner.FetchRequest) *vendorpb.FetchRequest {
	return &vendorpb.FetchRequest{Query: EncodeQuery(r.Query), Release: encodeRelease(r.Release), Dir: r.Dir}
}

// DecodeFetchRequest decodes what the host asks of Fetch.
func DecodeFetchRequest(r *vendorpb.FetchRequest) (provisioner.FetchRequest, error) {
	query, err := DecodeQuery(r.GetQuery())
	if err != nil {
		return provisioner.FetchRequest{}, err
	}
	release, err := decodeRelease(r.GetRelease())
	if err != nil {
		return provisioner.FetchRequest{}, fmt.Errorf("read release: %w", err)
	}
	return provisioner.FetchRequest{Query: query, Release: release, Dir: r.GetDir()}, nil
}
