package catalog

import "time"

// WorkerBinary is an installed worker: its record in metadata.json.
type WorkerBinary struct {
	ID         string     `json:"id"`
	WorkerType WorkerType `json:"worker_type"`
	Platform   Platform   `json:"platform"`
	Path       string     `json:"path"` // absolute path of the executable
	Size       int64      `json:"size"` // of the executable, in bytes
	Status     Status     `json:"status"`
	Version    string     `json:"version"` // as recorded; foreign records may hold any text
	AddedAt    time.Time  `json:"added_at"`
}

var _ Artifact = WorkerBinary{}

// NewWorkerBinary describes an available worker of size bytes whose executable is at path, added now.
func NewWorkerBinary(id string, t WorkerType, p Platform, path string, size int64, version string) WorkerBinary {
	return WorkerBinary{
		ID: id, WorkerType: t, Platform: p, Path: path, Size: size,
		Status: Status{State: Available}, Version: version, AddedAt: time.Now().UTC(),
	}
}

// ArtifactID returns w.ID.
func (w WorkerBinary) ArtifactID() string { return w.ID }

// ArtifactPath returns w.Path.
func (w WorkerBinary) ArtifactPath() string { return w.Path }

// ArtifactSize returns w.Size.
func (w WorkerBinary) ArtifactSize() int64 { return w.Size }

// ArtifactStatus returns w.Status.
func (w WorkerBinary) ArtifactStatus() Status { return w.Status }

// Arch returns the architecture that w was made for: the one in its ID, or if the ID can't be parsed, the usual one of
// its platform. Records have no key for it, because the Rust hive drops unknown keys when it rewrites a record.
func (w WorkerBinary) Arch() Arch {
	if id, err := ParseID(w.ID); err == nil {
		return id.Arch
	}
	return w.Platform.UsualArch()
}
