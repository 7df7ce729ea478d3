package prune

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/rbee-keeper/provision/catalog/files"
)

// lockSuffix is that of the lock, beside a file or folder of a vendor's cache, which whoever works in it holds.
const lockSuffix = ".lock"

// caches frees what the vendors keep, unless something is being installed: a build that is under way loses no object.
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
		r.skip(Item{Sort: Cache, Name: "all", Path: dir}, busy[0]+" is being installed")
		return nil
	}
	var errs []error
	for _, v := range vendors {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c := &cache{run: r, Item: Item{Sort: Cache, Name: v.Name(), Path: filepath.Join(dir, v.Name()), Reason: "can be had again"}}
		errs = append(errs, c.free(c.Path))
		if c.Bytes > 0 {
			r.report.remove(c.Item)
		}
	}
	return errors.Join(errs...)
}

// cache is one vendor's. Vendors work without what is in it, but for what they hold the lock of.
type cache struct {
	*run
	Item
}

// free deletes what is in a folder of the cache.
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

// freeLocked deletes what has a lock, unless somebody holds it.
func (c *cache) freeLocked(path string) error {
	lock := flock.New(path + lockSuffix)
	ok, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !ok {
		c.skip(Item{Sort: Cache, Name: c.Name, Path: path}, "another process works in it")
		return nil
	}
	return errors.Join(c.delete(path), lock.Unlock())
}

// delete deletes a file or folder, and counts its bytes.
func (c *cache) delete(path string) error {
	size, err := files.TreeSize(path)
	if err == nil && !c.DryRun {
		err = files.RemoveTree(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		c.Bytes += size
	}
	return err
}
