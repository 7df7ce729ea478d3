package plugins

import (
	"fmt"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// This file translates what the host asks. A vendor trusts its host, so only what must be parsed is checked.

func queryToWire(q provisioner.Query) *vendorpb.Query {
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

func queryFromWire(q *vendorpb.Query) (provisioner.Query, error) {
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

// fetchToWire leaves out OnProgress: it is told of what the answer streams.
func fetchToWire(r provisioner.FetchRequest) *vendorpb.FetchRequest {
	return &vendorpb.FetchRequest{Query: queryToWire(r.Query), Release: releaseToWire(r.Release), Dir: r.Dir}
}

func fetchFromWire(r *vendorpb.FetchRequest) (provisioner.FetchRequest, error) {
	query, err := queryFromWire(r.GetQuery())
	if err != nil {
		return provisioner.FetchRequest{}, err
	}
	release, err := releaseFromWire(r.GetRelease())
	if err != nil {
		return provisioner.FetchRequest{}, fmt.Errorf("read release: %w", err)
	}
	return provisioner.FetchRequest{Query: query, Release: release, Dir: r.GetDir()}, nil
}
