package localbuild

import (
	"context"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// sourceEmbedded is the value of the option source for the reference worker.
const sourceEmbedded = "embedded"

func init() {
	registerSource(sourceKind{name: sourceEmbedded, help: "the reference worker",
		open: func(*project) (source, error) { return embeddedSource{}, nil }})
}

// embeddedSource is the source of the reference worker.
type embeddedSource struct{}

var _ source = embeddedSource{}

func (embeddedSource) tools() []toolrun.Tool { return nil }

func (embeddedSource) releases(_ context.Context, p *project) (r provisioner.Resolution, err error) {
	p.offer(&r, provisioner.Release{
		Version: catalog.MustVersion(ReferenceVersion), Integrity: catalog.Built, Ref: sourceEmbedded,
	})
	return r, nil
}

func (embeddedSource) materialize(_ context.Context, b *build) (checkout, error) {
	if version := b.req.Release.Version; b.req.Release.Ref != sourceEmbedded || version.String() != ReferenceVersion {
		return checkout{}, provisioner.Errorf(provisioner.NotFound, "release %s is not offered: there is %s", version,
			ReferenceVersion)
	}
	b.out.Printf("building the reference worker, which speaks the worker contract and runs no model")
	dir := filepath.Join(b.scratch(), sourceFolder)
	digest, err := writeReference(dir)
	if err != nil {
		return checkout{}, failure.Wrap(provisioner.Other, "write the reference worker's source", err)
	}
	return checkout{dir: dir, epoch: defaultEpoch, details: map[string]string{"source_digest": digest.String()}}, nil
}

// defaultEpoch is the build time, in seconds since 1970, of a source that has no date: 1980, the oldest that archives
// can store.
const defaultEpoch = 315532800

// epochOf is the build time for a source of this date, which is zero if it is unknown.
func epochOf(date time.Time) int64 {
	if date.IsZero() {
		return defaultEpoch
	}
	return date.Unix()
}
