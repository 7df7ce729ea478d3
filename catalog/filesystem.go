package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
	"github.com/rbee-keeper/provision/catalog/files"
)

// Filesystem is a catalog of artifacts of one kind on disk: a folder for each entry below home/kind, with home/staging
// and home/locks beside it, which the catalogs of a home share. Many goroutines and processes may use it at once, the
// Rust hive among them.
//
// Opening and reading never write: a home that is absent reads as empty, and a read-only one works.
type Filesystem[T Artifact] struct {
	home, kind string
	folderOf   func(id string) string

	// tests replace these
	now        func() time.Time
	swap       func(a, b string) error
	waitNotice time.Duration
}

var kindName = regexp.MustCompile(`^[a-z]+$`) // without a hyphen, so that kind-folder tells both

var reservedKinds = []string{"staging", "locks", "state", removed, replaced}

// NewFilesystem opens the catalog of a kind of artifacts, such as "workers", below home. folderOf maps an ID to the
// name of its folder; nil takes the ID itself.
func NewFilesystem[T Artifact](home, kind string, folderOf func(id string) string) (*Filesystem[T], error) {
	if !kindName.MatchString(kind) || slices.Contains(reservedKinds, kind) {
		return nil, fmt.Errorf("open catalog: malformed kind %q", kind)
	}
	home, err := filepath.Abs(home)
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	if folderOf == nil {
		folderOf = func(id string) string { return id }
	}
	return &Filesystem[T]{
		home: home, kind: kind, folderOf: folderOf, now: time.Now, swap: files.Exchange, waitNotice: 5 * time.Second,
	}, nil
}

// Home is the absolute path of the folder that the catalogs share.
func (c *Filesystem[T]) Home() string { return c.home }

// EntryDir is the absolute path of the folder that an entry has or would have, or ErrInvalidID.
func (c *Filesystem[T]) EntryDir(id string) (string, error) {
	folder, err := c.lookup(id)
	if err != nil {
		return "", err
	}
	return c.entryDir(folder), nil
}

// Add records an artifact whose files are, or will be, at its path. It waits for the entry's lock. Errors are
// ErrExists, ErrCollision and ErrInvalidID among others.
func (c *Filesystem[T]) Add(ctx context.Context, artifact T) error {
	id := artifact.ArtifactID()
	if err := c.addable(artifact); err != nil {
		return fmt.Errorf("add %q: %w", id, err)
	}
	return c.locked(ctx, id, func(lock *Lock) error {
		if err := c.add(lock.folder, artifact); err != nil {
			return fmt.Errorf("add %q: %w", id, err)
		}
		return nil
	})
}

// addable refuses an artifact that has no place in the catalog.
func (c *Filesystem[T]) addable(artifact T) error {
	if err := validate(artifact); err != nil {
		return err
	}
	return ValidateID(c.folderOf(artifact.ArtifactID()))
}

func (c *Filesystem[T]) add(folder string, artifact T) error {
	data, err := encodeRecord(artifact, c.now())
	if err != nil {
		return err
	}
	dir := c.entryDir(folder)
	if err := files.MakeFolder(dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return err
	}
	defer root.Close()
	switch have, err := c.load(root, folder); {
	case err == nil && have.ArtifactID() != artifact.ArtifactID():
		return collision(have)
	case err == nil:
		return ErrExists
	case errors.Is(err, ErrCollision):
		return err
	case !errors.Is(err, fs.ErrNotExist): // a record is there, though not a readable one
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	if err := atomicfile.WriteIn(root, filepath.Join(folder, RecordFile), data, atomicfile.Options{}); err != nil {
		return err
	}
	return atomicfile.SyncFolder(c.dir())
}

func collision(have Artifact) error { return fmt.Errorf("%w, %q", ErrCollision, have.ArtifactID()) }

// Get returns the artifact with this ID, or ErrNotFound, or a *RecordError. Its path is where the file is now; see
// List.
func (c *Filesystem[T]) Get(id string) (T, error) {
	artifact, err := c.get(id)
	if err != nil {
		var none T
		return none, fmt.Errorf("get %q: %w", id, err)
	}
	return artifact, nil
}

func (c *Filesystem[T]) get(id string) (artifact T, err error) {
	folder, err := c.lookup(id)
	if err != nil {
		return artifact, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	root, err := os.OpenRoot(c.dir())
	if errors.Is(err, fs.ErrNotExist) {
		return artifact, ErrNotFound
	}
	if err != nil {
		return artifact, err
	}
	defer root.Close()
	artifact, err = c.load(root, folder)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrCollision):
		return artifact, fmt.Errorf("%w: %w", ErrNotFound, err)
	case err != nil:
		return artifact, err
	case artifact.ArtifactID() != id:
		return artifact, fmt.Errorf("%w: %w", ErrNotFound, collision(artifact))
	default:
		return artifact, nil
	}
}

// List returns every readable artifact, ordered by ID. The error joins one *RecordError for each entry that can't be
// read. A recorded path that does not exist is looked for within the entry's folder: the catalog may have been moved.
func (c *Filesystem[T]) List() ([]T, error) {
	root, folders, err := c.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", c.kind, err)
	}
	defer root.Close()
	var artifacts []T
	var bad []error
	loaded, errs := loadAll(folders, func(folder string) (T, error) { return c.loadListed(root, folder) })
	for i, folder := range folders {
		switch {
		case errs[i] == nil:
			artifacts = append(artifacts, loaded[i])
		case files.Exists(c.entryDir(folder)): // else it was removed meanwhile
			bad = append(bad, errs[i])
		}
	}
	slices.SortFunc(artifacts, func(a, b T) int { return strings.Compare(a.ArtifactID(), b.ArtifactID()) })
	return artifacts, errors.Join(bad...)
}

// Contains reports whether Get would find this ID.
func (c *Filesystem[T]) Contains(id string) bool {
	_, err := c.get(id)
	return err == nil
}

// Len counts what List would return.
func (c *Filesystem[T]) Len() int {
	artifacts, _ := c.List()
	return len(artifacts)
}

// locked runs do while it holds the lock of id.
func (c *Filesystem[T]) locked(ctx context.Context, id string, do func(*Lock) error) error {
	lock, err := c.Lock(ctx, id, LockOptions{})
	if err != nil {
		return err
	}
	return errors.Join(do(lock), lock.Release())
}
