package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Store is the plugins of one catalog's home. Many goroutines and processes may use it at once. Reading works where
// nothing can be written.
type Store struct {
	dir   string // of the records, and of a folder for each executable
	lock  string
	state string // for what may be forgotten

	now func() time.Time // tests replace it
}

// New returns the store of a home; nothing is made before it is needed.
func New(home string) *Store {
	return &Store{
		dir:   filepath.Join(home, "plugins"),
		lock:  filepath.Join(home, "locks", "plugins.lock"),
		state: filepath.Join(home, "state", "plugins"),
		now:   time.Now,
	}
}

const lockPoll = 25 * time.Millisecond

// locked runs do while no other process and no other goroutine changes what is installed.
func (s *Store) locked(ctx context.Context, do func() error) error {
	for _, dir := range []string{s.dir, filepath.Dir(s.lock)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	lock := flock.New(s.lock)
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		if ctx.Err() != nil {
			return provisioner.Errorf(
				provisioner.Cancelled,
				"wait for another process to install or remove plugins: %w",
				context.Cause(ctx),
			)
		}
		return fmt.Errorf("lock the plugins: %w", err)
	}
	s.tidy()
	return errors.Join(do(), lock.Unlock())
}

// folder is where the executable of a digest is.
func (s *Store) folder(digest catalog.Digest) string { return filepath.Join(s.dir, digest.Hex()) }

// Path is the absolute path of a plugin's executable.
func (s *Store) Path(r Record) string { return filepath.Join(s.folder(r.Digest), r.File) }
