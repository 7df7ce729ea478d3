package localbuild

import (
	"context"
	"maps"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// prepareSource materializes the source. If the last build in the workspace used another recipe, it empties the
// workspace first.
func (b *build) prepareSource(ctx context.Context) error {
	if err := b.materialize(ctx); err != nil {
		return err
	}
	if b.workDir == "" || !b.builder.writesSource() {
		return nil
	}
	follows, err := b.followsLast()
	if err != nil || follows {
		return err
	}
	b.out.Logf("the last build used other settings; everything is built again")
	if err := emptyFolder(b.workDir); err != nil {
		return failure.Wrap(provisioner.Other, "prepare build", err)
	}
	if err := b.writeRecipe(); err != nil {
		return err
	}
	return b.materialize(ctx)
}

func (b *build) materialize(ctx context.Context) (err error) {
	if b.workDir != "" {
		b.checkout.dir = filepath.Join(b.workDir, sourceFolder)
		b.removeProducts()
	}
	if b.checkout, err = b.source.materialize(ctx, b); err != nil {
		return err
	}
	return b.builder.check(b.checkout.dir)
}

// removeProducts removes the executable of the last build, so that it cannot be mistaken for this build's. If it is
// also a file of the source, materialize writes it again.
func (b *build) removeProducts() {
	p := b.builder.product(b)
	for _, name := range p.candidates {
		_ = os.Remove(filepath.Join(p.dir, filepath.FromSlash(name)))
	}
}

// recordInputs records the source, the builder and the tools' versions in the details.
func (b *build) recordInputs() {
	b.details["source"], b.details["builder"] = b.Source, b.Builder
	maps.Copy(b.details, b.checkout.details)
	if b.checkout.revision != "" {
		b.details[provisioner.RevisionDetail] = b.checkout.revision
	}
	for name, t := range b.found {
		if t.Version != "" {
			b.details[name] = t.Version
		}
	}
	b.recordEnvironment()
}
