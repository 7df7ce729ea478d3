package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// cacheState is the folder of the catalog, which need not exist yet.
type cacheState struct {
	Path     string `json:"path"`
	Free     int64  `json:"free"` // bytes that this user may still write; -1 is unknown
	Writable bool   `json:"writable"`
	Problem  string `json:"problem,omitempty"`
}

// lookAtCache tries whether the catalog's folder, or the one that it will be made in, can be written to.
func (d *diagnosis) lookAtCache(override string) error {
	home, err := catalog.Home(override)
	if err != nil {
		d.Cache = cacheState{Free: -1, Problem: err.Error()}
		return provisioner.Errorf(provisioner.InvalidConfig, "%w", err)
	}
	d.Cache = cacheState{Path: home, Free: -1}
	dir := existingFolder(home)
	if free, err := freeSpace(dir); err == nil {
		d.Cache.Free = free
	}
	if err := tryWriting(dir); err != nil {
		d.Cache.Problem = err.Error()
		return fmt.Errorf("write to the cache folder %s: %w", home, err)
	}
	d.Cache.Writable = true
	return nil
}

// existingFolder is a folder, or the first above it that is there.
func existingFolder(dir string) string {
	for {
		_, err := os.Stat(dir)
		parent := filepath.Dir(dir)
		if !errors.Is(err, fs.ErrNotExist) || parent == dir {
			return dir
		}
		dir = parent
	}
}

// tryWriting makes an empty file in a folder, and removes it.
func tryWriting(dir string) error {
	f, err := os.CreateTemp(dir, ".provision-doctor-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
