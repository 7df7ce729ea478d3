package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/atomicfile"
)

const removedPrefix = ".removed-"

// Remove removes a plugin, also one whose record can't be read. Its executable stays until nothing runs from it. The
// error for a name that no plugin has is of kind NotFound.
func (s *Store) Remove(ctx context.Context, name string) error {
	return s.locked(ctx, func() error {
		_, err := s.Get(name)
		if errors.Is(err, ErrNotInstalled) {
			return err
		}
		if err := os.Remove(s.recordPath(name)); err != nil {
			return fmt.Errorf("remove plugin %s: %w", name, err)
		}
		s.prune()
		return atomicfile.SyncFolder(s.dir)
	})
}

// tidy deletes what processes that were killed left. Only the holder of the lock makes such files.
func (s *Store) tidy() {
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), stagingPrefix) || strings.HasPrefix(e.Name(), removedPrefix) {
			deleteFolder(filepath.Join(s.dir, e.Name()))
		}
	}
}

// prune deletes the executables that no record names and nothing runs from. While there is a record that can't be read,
// any may be the one it names.
func (s *Store) prune() {
	records, err := s.List()
	if err != nil {
		return
	}
	wanted := map[string]bool{}
	for _, r := range records {
		wanted[r.Digest.Hex()] = true
	}
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		if digest := catalog.Digest("sha256:" + e.Name()); digest.Valid() && !wanted[e.Name()] {
			_ = s.discardUnused(digest) // what can't be deleted now, the next change deletes
		}
	}
}

// discardUnused deletes the folder of a digest unless a vendor runs from it.
func (s *Store) discardUnused(digest catalog.Digest) error {
	folder := s.folder(digest)
	if name, ok := onlyFile(folder); ok {
		path := filepath.Join(folder, name)
		f, err := openRegular(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if !claim(f) {
			return nil
		}
		s.forget(path)
	}
	return s.discard(folder)
}

// discard removes a folder atomically: it renames the folder first and then deletes it.
func (s *Store) discard(folder string) error {
	trash := filepath.Join(s.dir, removedPrefix+rand.Text())
	err := os.Rename(folder, trash)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	deleteFolder(trash)
	return nil
}

// deleteFolder deletes a read-only folder as far as that can be done; tidy tries again.
func deleteFolder(dir string) {
	_ = os.Chmod(dir, 0o755)
	_ = os.RemoveAll(dir)
}
