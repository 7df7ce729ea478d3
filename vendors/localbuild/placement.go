package localbuild

import (
	"context"
	"maps"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// placeSource has the source put where it is built, in an empty folder if what the last build left there can't be gone
// on with.
func (s *site) placeSource(ctx context.Context) error {
	if err := s.place(ctx); err != nil {
		return err
	}
	if s.work == "" || !s.builder.writesSource() {
		return nil
	}
	follows, err := s.followsLast()
	if err != nil || follows {
		return err
	}
	s.out.Note("the last build was made with other settings; everything is built anew")
	if err := emptyFolder(s.work); err != nil {
		return failure.Wrap(provisioner.Other, "prepare build", err)
	}
	if err := s.noteRecipe(); err != nil {
		return err
	}
	return s.place(ctx)
}

func (s *site) place(ctx context.Context) (err error) {
	if s.work != "" {
		s.tree.dir = filepath.Join(s.work, sourceFolder)
		s.removeProducts()
	}
	if s.tree, err = s.origin.place(ctx, s); err != nil {
		return err
	}
	return s.builder.check(s.tree.dir)
}

// removeProducts removes what the last build made, so that it can't be taken for what this one makes. Where that is a
// file of the source, which is placed next, it is put there again.
func (s *site) removeProducts() {
	p := s.builder.product(s)
	for _, name := range p.candidates {
		_ = os.Remove(filepath.Join(p.dir, filepath.FromSlash(name)))
	}
}

// recordInputs notes what is built, and with what.
func (s *site) recordInputs() {
	s.details["source"], s.details["builder"] = s.Source, s.Builder
	maps.Copy(s.details, s.tree.details)
	if s.tree.revision != "" {
		s.details[provisioner.RevisionDetail] = s.tree.revision
	}
	for name, t := range s.found {
		if t.Version != "" {
			s.details[name] = t.Version
		}
	}
	s.recordEnvironment()
}
