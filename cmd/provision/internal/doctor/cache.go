package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// cacheState describes the folder of the catalog, which may not exist yet.
type cacheState struct {
	Path     string `json:"path"`
	Free     int64  `json:"free"` // bytes that this user may still write; -1 if unknown
	Writable bool   `json:"writable"`
	Problem  string `json:"problem,omitempty"`
}

// checkCache checks whether the catalog's folder, or the one that it will be made in, can be written to.
func (d *diagnosis) checkCache(override string) error {
	home, err := catalog.Home(override)
	if err != nil {
		d.Cache = cacheState{Free: -1, Problem: err.Error()}
		return provisioner.Errorf(provisioner.InvalidConfig, "%w", err)
	}
	d.Cache = cacheState{Path: home, Free: -1}
	dir := existingFolder(home)
	if free, err := transfer.FreeSpace(dir); err == nil {
		d.Cache.Free = free
	}
	if err := tryWriting(dir); err != nil {
		d.Cache.Problem = err.Error()
		return fmt.Errorf("write to the cache folder %s: %w", home, err)
	}
	d.Cache.Writable = true
	return nil
}

// existingFolder returns a folder, or its nearest parent that exists.
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

// tryWriting makes an empty file in a folder and removes it.
func tryWriting(dir string) error {
	f, err := os.CreateTemp(dir, ".provision-doctor-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (c cacheState) free() string {
	if c.Free < 0 {
		return "unknown"
	}
	return report.Bytes(c.Free)
}
