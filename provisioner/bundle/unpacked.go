package bundle

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// unpacked is an archive in a staging folder of the catalog: a catalog's home of its own, so that what is in it can be looked at as
// what is installed. It has the staging of a name that no entry has, and the lock of it: if this process is killed, it is swept.
type unpacked struct {
	*catalog.WorkerCatalog
	Manifest
	lock    *catalog.Lock
	staging string
}

// unpackInto unpacks an archive into the staging of a catalog, and verifies it. Errors call it by the given name.
func unpackInto(ctx context.Context, workers *catalog.WorkerCatalog, archive io.Reader, called string) (*unpacked, error) {
	name := "import-" + strings.ToLower(rand.Text())
	lock, err := workers.Lock(ctx, name, catalog.LockOptions{})
	if err != nil {
		return nil, err
	}
	u := &unpacked{lock: lock}
	if u.staging, err = workers.Staging(name); err == nil {
		err = u.unpack(ctx, archive, called)
	}
	if err != nil {
		return nil, errors.Join(err, u.close())
	}
	return u, nil
}

// close deletes what was not installed.
func (u *unpacked) close() error {
	var err error
	if u.staging != "" {
		err = files.RemoveTree(u.staging)
	}
	return errors.Join(err, u.lock.Release())
}

func (u *unpacked) unpack(ctx context.Context, archive io.Reader, called string) error {
	root, err := os.OpenRoot(u.staging)
	if err != nil {
		return err
	}
	defer root.Close()
	files, err := unpack.Extract(ctx, root, archive, unpack.Options{Name: archiveName, Limits: unpack.Limits{
		Packed: maxArchive, Bytes: maxArchive, Entries: maxMembers, Path: maxMemberPath,
	}})
	if err != nil {
		return unpackError(called, err)
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

// unpackError tells an archive that is to blame from one that could not be read or written.
func unpackError(called string, err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		err = cause // without the name that stands for the format
	}
	if bad := intake.ArchiveError(called, err); bad != nil {
		return bad.WithHint("export it again, and compare its SHA-256 after it was carried over; nothing was installed")
	}
	return fmt.Errorf("unpack %s: %w", called, err)
}

// compare holds what was unpacked against the manifest: neither may have a file that the other lacks.
func (u *unpacked) compare(files []unpack.File) error {
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
			return damaged("%s is not as its manifest tells", have.Path)
		}
	}
	return nil
}

// verify looks at the entries as at installed ones.
func (u *unpacked) verify(ctx context.Context) error {
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

// adopt has an entry's record lead to where the entry is now.
func (u *unpacked) adopt(ctx context.Context, id string) error {
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
func (u *unpacked) entry(id string) (catalog.WorkerBinary, catalog.Provenance, error) {
	w, err := u.Get(id)
	if err != nil {
		return w, catalog.Provenance{}, damaged("%w", err)
	}
	p, err := u.ReadProvenance(id)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !filepath.IsLocal(filepath.FromSlash(p.Executable)) {
		err = damaged("%s has no provenance", id)
	} else if err != nil {
		err = damaged("%w", err)
	}
	return w, p, err
}
