package main

import (
	"context"
	"fmt"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// provision is the main job.
func (a *app) provision(ctx context.Context, arg string) error {
	p, req, err := a.openFor(arg)
	if err != nil {
		return err
	}
	reporter := a.newReporter()
	req.OnEvent = reporter.event
	result, err := p.Provision(ctx, req)
	reporter.close(err)
	if err != nil {
		a.failureTold = a.json && !a.quiet // by the terminal event
		return err
	}
	if a.json {
		return a.print(provisioned{describe(result), result.Installed})
	}
	return a.printPath(result)
}

// worker is an installed worker as --json prints it.
type worker struct {
	ID         string             `json:"id"`
	Path       string             `json:"path"`
	Version    string             `json:"version"`
	WorkerType catalog.WorkerType `json:"worker_type"`
	Platform   catalog.Platform   `json:"platform"`
	Arch       catalog.Arch       `json:"arch"`
	Size       int64              `json:"size"`
	SHA256     string             `json:"sha256,omitempty"`
	Vendor     string             `json:"vendor,omitempty"`
	Source     string             `json:"source,omitempty"`
	Integrity  catalog.Integrity  `json:"integrity,omitempty"` // how its bytes were known to be the right ones
	Fallback   bool               `json:"fallback"`
	Reason     string             `json:"reason,omitempty"`
}

// provisioned is what `provision TYPE --json` prints.
type provisioned struct {
	worker
	Installed bool `json:"installed"` // by this run
}

func (a *app) printPath(r provisioner.Result) error {
	_, err := fmt.Fprintln(a.stdout, r.Worker.Path)
	return err
}

func describe(r provisioner.Result) worker {
	w := worker{
		ID: r.Worker.ID, Path: r.Worker.Path, Version: r.Worker.Version, WorkerType: r.Worker.WorkerType,
		Platform: r.Worker.Platform, Arch: r.Worker.Arch(), Size: r.Worker.Size, SHA256: r.Digest().Hex(),
		Fallback: r.Fallback, Reason: r.Reason,
	}
	if r.Provenance != nil {
		w.Vendor, w.Source, w.Integrity = r.Provenance.Vendor, r.Provenance.Source, r.Provenance.Integrity
	}
	return w
}
