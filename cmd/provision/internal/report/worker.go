package report

import (
	"fmt"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Worker is an installed worker as --json prints it.
type Worker struct {
	ID         string             `json:"id"`
	Path       string             `json:"path"` // of the executable
	Version    string             `json:"version"`
	WorkerType catalog.WorkerType `json:"worker_type"`
	Platform   catalog.Platform   `json:"platform"`
	Arch       catalog.Arch       `json:"arch"`
	Size       int64              `json:"size"`             // bytes
	SHA256     string             `json:"sha256,omitempty"` // of the executable, in hex digits
	Vendor     string             `json:"vendor,omitempty"`
	Source     string             `json:"source,omitempty"`
	Integrity  catalog.Integrity  `json:"integrity,omitempty"`
	Fallback   bool               `json:"fallback"`
	Reason     string             `json:"reason,omitempty"` // why a fallback, or nothing newer, serves
}

// NewWorker describes an installed worker.
func NewWorker(r provisioner.Result) Worker {
	w := Worker{
		ID: r.Worker.ID, Path: r.Worker.Path, Version: r.Worker.Version, WorkerType: r.Worker.WorkerType,
		Platform: r.Worker.Platform, Arch: r.Worker.Arch(), Size: r.Worker.Size, SHA256: r.Digest().Hex(),
		Fallback: r.Fallback, Reason: r.Reason,
	}
	if r.Provenance != nil {
		w.Vendor, w.Source, w.Integrity = r.Provenance.Vendor, r.Provenance.Source, r.Provenance.Integrity
	}
	return w
}

// PrintPath writes the path of a worker's executable to Stdout.
func (o *Output) PrintPath(r provisioner.Result) error {
	_, err := fmt.Fprintln(o.Stdout, r.Worker.Path)
	return err
}
