package prune

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"github.com/rbee-keeper/provision/catalog"
)

// lockSuffix is the suffix of a lock file. A vendor that works in a file or folder of its cache holds the lock beside
// it.
const lockSuffix = ".lock"

// caches frees the vendors' caches. It does nothing while something is being installed, so that no running build loses
// files.
func (r *run) caches(ctx context.Context) error {
	dir := filepath.Join(r.workers.Home(), "state", "vendors")
	vendors, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	busy, err := r.workers.Busy()
	if err != nil {
		return err
	}
	if len(busy) > 0 {
		r.report.skip(Item{Kind: Cache, Name: "all", Path: dir}, busy[0]+" is being installed")
		return nil
	}
	var errs []error
	for _, v := range vendors {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c := &cache{run: r, Item: Item{Kind: Cache, Name: v.Name(), Path: filepath.Join(dir, v.Name())}}
		c.Reason = "can be fetched or built again"
		errs = append(errs, c.free(c.Path))
		if c.Bytes > 0 {
			r.report.remove(c.Item)
		}
	}
	return errors.Join(errs...)
}

// cache is the cache of one vendor. Vendors work without it, except for the files whose lock they hold.
type cache struct {
	*run
	Item
}

// free deletes the content of a folder of the cache.
func (c *cache) free(dir string) error {
	entries, err := os.ReadDir(dir)
	errs := []error{err}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		_, lockErr := os.Lstat(path + lockSuffix)
		switch {
		case strings.HasSuffix(path, lockSuffix):
		case lockErr == nil:
			errs = append(errs, c.freeLocked(path))
		case e.IsDir():
			errs = append(errs, c.free(path))
		default:
			errs = append(errs, c.delete(path))
		}
	}
	return errors.Join(errs...)
}

// freeLocked deletes a file or folder that has a lock, unless a process holds it.
func (c *cache) freeLocked(path string) error {
	lock := flock.New(path + lockSuffix)
	ok, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !ok {
		c.report.skip(Item{Kind: Cache, Name: c.Name, Path: path}, "another process works in it")
		return nil
	}
	return errors.Join(c.delete(path), lock.Unlock())
}

// delete deletes a file or folder, and counts its bytes.
func (c *cache) delete(path string) error {
	size, err := catalog.FolderSize(path)
	if err == nil && !c.DryRun {
		err = catalog.RemoveTree(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		c.Bytes += size
	}
	return err
}
