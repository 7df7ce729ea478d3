package store

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// What an executable that was configured, not installed, says of itself is remembered by its digest, and may be lost.

func (s *Store) knownPath(digest catalog.Digest) string {
	return filepath.Join(s.state, "descriptions", digest.Hex()+recordSuffix)
}

// Known returns what the executable with a digest said of itself when it ran, if that is remembered.
func (s *Store) Known(digest catalog.Digest) (provisioner.Description, bool) {
	var d provisioner.Description
	data, err := readSmall(s.knownPath(digest), maxRecordSize)
	if !digest.Valid() || err != nil || json.Unmarshal(data, &d) != nil || validate(d) != nil {
		return provisioner.Description{}, false
	}
	return d, true
}

// Note remembers what the executable with a digest says of itself, if that is sound.
func (s *Store) Note(digest catalog.Digest, d provisioner.Description) {
	path := s.knownPath(digest)
	if digest.Valid() && validate(d) == nil && os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = writeJSON(path, d, 0o600) // who can't write it down asks again
	}
}

// SameDescription reports whether two answers to Describe agree on the name, the version and what may be configured.
func SameDescription(a, b provisioner.Description) bool {
	return a.Name == b.Name && a.Version == b.Version && sameOptions(a.Options, b.Options) &&
		sameOptions(a.Settings, b.Settings)
}

func sameOptions(a, b []provisioner.Option) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}
