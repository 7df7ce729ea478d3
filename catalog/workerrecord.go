package catalog

import (
	"fmt"
	"time"

	"github.com/rbee-keeper/provision/catalog/plainjson"
)

// Validate returns an error unless w has an ID, a valid type and a valid platform.
func (w WorkerBinary) Validate() error {
	switch {
	case w.ID == "":
		return fmt.Errorf("%w: it is empty", ErrInvalidID)
	case !w.WorkerType.Valid():
		return fmt.Errorf("malformed worker type %q", string(w.WorkerType))
	case !w.Platform.Valid():
		return fmt.Errorf("unknown platform %q", string(w.Platform))
	default:
		return nil
	}
}

// workerRecord is a WorkerBinary as a record spells it: the Rust hive's keys in its order.
type workerRecord struct {
	ID         string    `json:"id"`
	WorkerType string    `json:"worker_type"`
	Platform   string    `json:"platform"`
	Path       string    `json:"path"`
	Size       int64     `json:"size"`
	Status     Status    `json:"status"`
	Version    string    `json:"version"`
	AddedAt    time.Time `json:"added_at"`
}

// MarshalJSON writes what a record holds.
func (w WorkerBinary) MarshalJSON() ([]byte, error) {
	return plainjson.Marshal(workerRecord{
		ID: w.ID, WorkerType: w.WorkerType.recordName(), Platform: w.Platform.recordName(), Path: w.Path, Size: w.Size,
		Status: w.Status, Version: w.Version, AddedAt: w.AddedAt.UTC(),
	})
}
