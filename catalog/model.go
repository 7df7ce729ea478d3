package catalog

import (
	"fmt"
	"time"

	"github.com/rbee-keeper/provision/catalog/plainjson"
)

// ModelEntry is a model on this machine: its record in metadata.json.
type ModelEntry struct {
	ID      string    `json:"id"` // such as "meta-llama/Llama-2-7b"
	Name    string    `json:"name"`
	Path    string    `json:"path"` // absolute path of its file or folder
	Size    int64     `json:"size"` // bytes
	Status  Status    `json:"status"`
	AddedAt time.Time `json:"added_at"`
}

var _ Artifact = ModelEntry{}

// NewModelEntry describes an available model of size bytes that is at path, added now.
func NewModelEntry(id, name, path string, size int64) ModelEntry {
	return ModelEntry{ID: id, Name: name, Path: path, Size: size, Status: Status{State: Available},
		AddedAt: time.Now().UTC()}
}

// ArtifactID returns m.ID.
func (m ModelEntry) ArtifactID() string { return m.ID }

// ArtifactPath returns m.Path.
func (m ModelEntry) ArtifactPath() string { return m.Path }

// ArtifactSize returns m.Size.
func (m ModelEntry) ArtifactSize() int64 { return m.Size }

// ArtifactStatus returns m.Status.
func (m ModelEntry) ArtifactStatus() Status { return m.Status }

// Validate returns an error unless m has an ID.
func (m ModelEntry) Validate() error {
	if m.ID == "" {
		return fmt.Errorf("%w: it is empty", ErrInvalidID)
	}
	return nil
}

// MarshalJSON writes the Rust hive's keys, in its order, with the time in UTC.
func (m ModelEntry) MarshalJSON() ([]byte, error) {
	type plain ModelEntry
	m.AddedAt = m.AddedAt.UTC()
	return plainjson.Marshal(plain(m))
}
