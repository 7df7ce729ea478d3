package store

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog"
)

// check remembers that a file was read in full, and what was found. All of these may be lost: then the file is read
// again.
type check struct {
	Path     string         `json:"path"`
	Digest   catalog.Digest `json:"digest"`
	Identity identity       `json:"identity"`
}

// settled is how long a file must not have changed before its identity is believed: within the resolution of a file
// system's times, two changes look like one.
const settled = 2 * time.Second

const maxCheckSize = 64 << 10

func (s *Store) checkPath(path string) string {
	return filepath.Join(s.state, "checks", fmt.Sprintf("%x%s", sha256.Sum256([]byte(path)), recordSuffix))
}

// isKnown reports whether a check of earlier found this digest, and nothing has touched the file since.
func (s *Store) isKnown(want check) bool {
	if want.Identity.Changed == 0 {
		return false
	}
	data, err := readSmall(s.checkPath(want.Path), maxCheckSize)
	var have check
	return err == nil && json.Unmarshal(data, &have) == nil && have == want
}

// remember notes a check that began at a time.
func (s *Store) remember(c check, at time.Time) {
	if c.Identity.Changed == 0 || at.Sub(time.Unix(0, c.Identity.Changed)) < settled {
		return
	}
	path := s.checkPath(c.Path)
	if os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = writeJSON(path, c, 0o600) // who can't write it down reads the file again
	}
}

// forget drops the check of a file that is gone.
func (s *Store) forget(path string) { _ = os.Remove(s.checkPath(path)) }
