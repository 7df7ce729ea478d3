package bundle

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// importedEntry is an entry of an archive while it is imported.
type importedEntry struct {
	catalog.WorkerBinary
	provenance catalog.Provenance
	lock       *catalog.Lock
	isPresent  bool
}

// requireFit refuses an entry for another platform, or one that this machine can't start.
func (i *importer) requireFit(a *importedEntry) error {
	if a.Platform != i.Platform || a.Arch() != i.Arch {
		return provisioner.Errorf(provisioner.UnsupportedPlatform, "it is for %s/%s, not for %s/%s",
			a.Platform, a.Arch(), i.Options.Platform, i.Options.Arch).
			WithHint("to import it for another machine, use `--platform %s/%s`", a.Platform, a.Arch())
	}
	return i.provisioner.Fits(catalog.Entry{
		Worker: a.WorkerBinary, Provenance: &a.provenance, Dir: i.archive.WorkerPath(a.ID),
	})
}

// requireFree refuses to replace an installed entry that has other contents, is marked bad or is in use. It sets
// isPresent if the same entry is installed.
func (i *importer) requireFree(ctx context.Context, a *importedEntry) error {
	have, err := i.workers.Get(a.ID)
	switch {
	case errors.Is(err, catalog.ErrCollision):
		return err
	case errors.Is(err, catalog.ErrNotFound):
		return nil
	case err == nil && have.Status.IsMarkedBad() && !i.Force:
		return provisioner.Errorf(provisioner.MarkedBad, "%s", have.Status.Error).WithHint("--force installs it anyway")
	}
	isSame, err := i.isSame(ctx, a)
	if err != nil {
		return err
	}
	if isSame && have.Status.State == catalog.Available && !i.Force {
		a.isPresent = true
		return nil
	}
	return i.workers.Leased(a.ID)
}

// isSame reports whether the installed entry has the same files and no damage. Other contents are an error, unless
// Force replaces them.
func (i *importer) isSame(ctx context.Context, a *importedEntry) (bool, error) {
	p, err := i.workers.ReadProvenance(a.ID)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, nil // it is damaged
	}
	if err != nil || !slices.Equal(p.Files, a.provenance.Files) {
		if i.Force {
			return false, nil
		}
		return false, provisioner.Errorf(provisioner.DigestMismatch, "it is installed with other contents").
			WithHint("--force replaces it")
	}
	found, err := verify.Verify(ctx, i.workers, []string{a.ID})
	return err == nil && !found[0].IsDamaged(), err
}
