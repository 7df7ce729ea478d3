package bundle

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/provisioner/internal/intake"
	"github.com/rbee-keeper/provision/provisioner/internal/unpack"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// archive is an archive that is unpacked in a staging folder of the catalog. The folder is the home of a catalog of its
// own, so that its entries can be verified like installed ones. Its staging and lock have a name that no entry has: if
// this process is killed, the next one removes them.
type archive struct {
	*catalog.WorkerCatalog
	Manifest
	lock    *catalog.Lock
	staging string
}

// openArchive unpacks an archive into the staging of a catalog, and verifies it. Errors contain its file's name.
func openArchive(ctx context.Context, workers *catalog.WorkerCatalog, in io.Reader, file string) (*archive, error) {
	name := "import-" + strings.ToLower(rand.Text())
	lock, err := workers.Lock(ctx, name, catalog.LockOptions{})
	if err != nil {
		return nil, err
	}
	u := &archive{lock: lock}
	if u.staging, err = workers.Staging(name); err == nil {
		err = u.unpack(ctx, in, file)
	}
	if err != nil {
		return nil, errors.Join(err, u.close())
	}
	return u, nil
}

// close deletes everything that was not installed.
func (u *archive) close() error {
	var err error
	if u.staging != "" {
		err = files.RemoveTree(u.staging)
	}
	return errors.Join(err, u.lock.Release())
}

func (u *archive) unpack(ctx context.Context, in io.Reader, file string) error {
	root, err := os.OpenRoot(u.staging)
	if err != nil {
		return err
	}
	defer root.Close()
	files, err := unpack.Extract(ctx, root, in, unpack.Options{Name: archiveName, Limits: unpack.Limits{
		Packed: maxArchive, Bytes: maxArchive, Entries: maxMembers, Path: maxMemberPath,
	}})
	if err != nil {
		return unpackError(file, err)
	}
	if u.Manifest, err = readManifest(root); err != nil {
		return err
	}
	if err := u.compare(files); err != nil {
		return err
	}
	if u.WorkerCatalog, err = catalog.NewWorkerCatalogAt(u.staging); err != nil {
		return err
	}
	return u.verify(ctx)
}

// unpackError gives an error a kind if the archive is the cause, and not this machine.
func unpackError(file string, err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		err = cause // without archiveName
	}
	if bad := intake.ArchiveError(file, err); bad != nil {
		return bad.WithHint(exportAgain)
	}
	return fmt.Errorf("unpack %s: %w", file, err)
}

// compare compares the unpacked files with the manifest. Each must list exactly the files of the other.
func (u *archive) compare(files []unpack.File) error {
	files = slices.DeleteFunc(files, func(f unpack.File) bool { return f.Path == manifestName })
	want := u.members()
	for i := range max(len(files), len(want)) {
		switch {
		case i >= len(files) || i < len(want) && want[i].Path < files[i].Path:
			return damaged("it lacks %s", want[i].Path)
		case i >= len(want) || files[i].Path < want[i].Path:
			return damaged("it has %s, which its manifest does not list", files[i].Path)
		}
		have := catalog.InstalledFile{Path: files[i].Path, Size: files[i].Size, Link: files[i].Link, Mode: want[i].Mode}
		if have.Link == "" {
			have.Digest = catalog.Digest(fmt.Sprintf("sha256:%x", files[i].SHA256))
		}
		if have != want[i] {
			return damaged("%s is not as its manifest describes it", have.Path)
		}
	}
	return nil
}

// verify verifies the entries like installed ones.
func (u *archive) verify(ctx context.Context) error {
	for _, id := range u.IDs() {
		if err := u.adopt(ctx, id); err != nil {
			return err
		}
	}
	found, err := verify.Verify(ctx, u.WorkerCatalog, u.IDs())
	if errors.Is(err, catalog.ErrNotFound) {
		return damaged("%w", err)
	}
	if err != nil {
		return err
	}
	for _, c := range found {
		if len(c.Problems) > 0 {
			return damaged("%s: %s", c.ID, c.Problems[0])
		}
	}
	return nil
}

// adopt changes the path in an entry's record to where the entry is now.
func (u *archive) adopt(ctx context.Context, id string) error {
	w, p, err := u.entry(id)
	if err != nil {
		return err
	}
	if w.Status.State != catalog.Available {
		return damaged("%s is not available: %s", id, w.Status)
	}
	w.Path = filepath.Join(u.WorkerPath(id), filepath.FromSlash(p.Executable))
	lock, err := u.Lock(ctx, id, catalog.LockOptions{})
	if err != nil {
		return err
	}
	return errors.Join(u.Rewrite(lock, w), lock.Release())
}

// entry returns the records of an entry.
func (u *archive) entry(id string) (catalog.WorkerBinary, catalog.Provenance, error) {
	e, err := u.Entry(id)
	switch {
	case err != nil:
		return e.Worker, catalog.Provenance{}, damaged("%w", err)
	case e.Damage != nil:
		return e.Worker, catalog.Provenance{}, damaged("%w", e.Damage)
	case e.IsForeign() || !filepath.IsLocal(filepath.FromSlash(e.Provenance.Executable)):
		return e.Worker, catalog.Provenance{}, damaged("%s has no provenance", id)
	}
	return e.Worker, *e.Provenance, nil
}
