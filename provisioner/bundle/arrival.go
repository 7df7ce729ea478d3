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

// arrival is an entry that is imported.
type arrival struct {
	catalog.WorkerBinary
	provenance catalog.Provenance
	lock       *catalog.Lock
	isPresent  bool
}

// suits refuses what is for another platform, or can't be started on this machine.
func (i *importer) suits(a *arrival) error {
	if a.Platform != i.Platform || a.Arch() != i.Arch {
		return provisioner.Errorf(provisioner.UnsupportedPlatform, "it is for %s/%s, not for %s/%s",
			a.Platform, a.Arch(), i.Options.Platform, i.Options.Arch).
			WithHint("for another machine, say so with `--platform %s/%s`", a.Platform, a.Arch())
	}
	result := provisioner.Result{Worker: a.WorkerBinary, Provenance: &a.provenance}
	return i.provisioner.Fits(i.unpacked.WorkerPath(a.ID), result)
}

// hasPlace finds out what is there under the ID, and refuses to replace what differs, is marked or is in use.
func (i *importer) hasPlace(ctx context.Context, a *arrival) error {
	have, err := i.workers.Get(a.ID)
	if errors.Is(err, catalog.ErrNotFound) && !errors.Is(err, catalog.ErrCollision) {
		return nil
	}
	if errors.Is(err, catalog.ErrCollision) {
		return err
	}
	if err == nil && have.Status.IsMarkedBad() && !i.Force {
		return provisioner.Errorf(provisioner.MarkedBad, "%s", have.Status.Error).WithHint("--force installs it all the same")
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

// isSame reports whether the entry is there, whole, with the same files. Other contents are an error, unless they are to be replaced.
func (i *importer) isSame(ctx context.Context, a *arrival) (bool, error) {
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
