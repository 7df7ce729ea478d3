package main

import (
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// running describes a worker that runs.
type running struct {
	ID         string             `json:"id"`
	WorkerType catalog.WorkerType `json:"worker_type"`
	Version    string             `json:"version"`
	PID        int                `json:"pid"`
	Host       string             `json:"host"`
	Port       int                `json:"port"`
	URL        string             `json:"url"`
	Started    time.Time          `json:"started_at"`
	Entry      string             `json:"entry"` // ID in the catalog
	Path       string             `json:"path"`  // of the executable
	Fallback   bool               `json:"fallback"`
	Reason     string             `json:"reason,omitempty"` // why it is a fallback
}

func (w worker) describe() running {
	i := w.Info()
	return running{
		ID: i.ID, WorkerType: i.Type, Version: i.Version, PID: i.PID, Host: i.Host, Port: i.Port, URL: i.URL,
		Started: i.Started,
		Entry:   i.EntryID, Path: w.entry.Worker.Path, Fallback: w.entry.Fallback, Reason: w.entry.Reason,
	}
}

// installed describes an entry of the catalog.
type installed struct {
	ID         string             `json:"id"`
	WorkerType catalog.WorkerType `json:"worker_type"`
	Version    string             `json:"version"`
	Platform   catalog.Platform   `json:"platform"`
	Arch       catalog.Arch       `json:"arch"`
	Path       string             `json:"path"`
	Size       int64              `json:"size"` // bytes, of the executable
	SHA256     string             `json:"sha256,omitempty"`
	Vendor     string             `json:"vendor,omitempty"`
	Fallback   bool               `json:"fallback"`
	Reason     string             `json:"reason,omitempty"` // why it is a fallback, or why nothing newer was installed
	Status     catalog.Status     `json:"status"`
}

func describe(r provisioner.Result) installed {
	w := r.Worker
	d := installed{
		ID: w.ID, WorkerType: w.WorkerType, Version: w.Version, Platform: w.Platform, Arch: w.Arch(), Path: w.Path,
		Size:   w.Size,
		SHA256: r.Digest().Hex(), Fallback: r.Fallback, Reason: r.Reason, Status: w.Status,
	}
	if r.Provenance != nil {
		d.Vendor = r.Provenance.Vendor
	}
	return d
}

// installed lists the catalog. What can't be read of it is the error.
func (h *hive) installed() ([]installed, error) {
	entries, err := h.Catalog().Entries()
	list := make([]installed, 0, len(entries))
	for _, e := range entries {
		list = append(list, describe(provisioner.Result{Entry: e, Fallback: e.IsFallback()}))
	}
	return list, err
}
