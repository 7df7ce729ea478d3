package localbuild

import (
	"context"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// embedded is the source of the reference worker.
type embedded struct{}

var _ origin = embedded{}

func (embedded) tools() []tool { return nil }

func (embedded) releases(_ context.Context, p *project) (r provisioner.Resolution, err error) {
	p.offer(&r, provisioner.Release{
		Version: catalog.MustVersion(ReferenceVersion), Integrity: catalog.Built, Ref: sourceEmbedded,
	})
	return r, nil
}

func (embedded) place(_ context.Context, s *site) (tree, error) {
	if version := s.req.Release.Version; s.req.Release.Ref != sourceEmbedded || version.String() != ReferenceVersion {
		return tree{}, provisioner.Errorf(provisioner.NotFound, "release %s is not offered: there is %s", version,
			ReferenceVersion)
	}
	s.out.say("building the reference worker, which speaks the worker contract and runs no model")
	dir := filepath.Join(s.scratch(), sourceFolder)
	digest, err := writeReference(dir)
	if err != nil {
		return tree{}, orFullDisk(provisioner.Other, "write the reference worker's source", err)
	}
	return tree{dir: dir, epoch: undated, details: map[string]string{"source_digest": digest.String()}}, nil
}

// undated is the time that a compiler stamps its output with where the source has none: 1980, the oldest that archives
// know.
const undated = 315532800
