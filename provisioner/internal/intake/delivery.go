package intake

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Delivery describes one release on its way into an entry. All fields but Binary and Host must be set.
type Delivery struct {
	Release  provisioner.Release
	Type     catalog.WorkerType
	Platform catalog.Platform
	Arch     catalog.Arch
	Binary   string           // base name of the executable, without .exe; empty where the release decides
	Host     provisioner.Host // the machine that must be able to start it

	// FetchDir is the folder that the vendor writes to. Files are unpacked into EntryDir; SpoolDir is for what unpacking
	// needs meanwhile. Both are emptied first.
	FetchDir, EntryDir, SpoolDir string

	// Verifiers are asked about every file, in this order.
	Verifiers []Verifier
	// ThirdParty marks a vendor whose published digests and signatures are only its own claim: one that is wrong is the
	// vendor's fault (PluginFault), and other vendors may serve.
	ThirdParty bool
}

// Contents are what was received.
type Contents struct {
	Fetched    []catalog.BroughtFile   // as the vendor delivered them
	Files      []catalog.InstalledFile // as they lie in EntryDir
	Executable string                  // slash-separated path below EntryDir
	Size       int64                   // of the executable, in bytes
}

// Fetch has the vendor bring the files. It calls report for everything that the vendor reports, and returns the paths
// of the files when the vendor has ended.
type Fetch func(ctx context.Context, report func(provisioner.Progress)) ([]string, error)

// Receive runs fetch and takes over the files while they grow. The context of fetch is cancelled if this machine can't
// take them (a full disk). Errors about what was fetched are a *provisioner.Error; others are failures of this machine.
func (d Delivery) Receive(ctx context.Context, fetch Fetch) (*Contents, error) {
	if err := d.clear(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	files := newFollower(d.FetchDir, d.Release.Files)
	var contents *Contents
	var received error
	done := make(chan struct{})
	go func() {
		defer close(done)
		contents, received = d.receive(ctx, files)
		if received != nil && provisioner.KindOf(received) == provisioner.Other && !errors.Is(received, errRestarted) {
			cancel(received)
		}
	}()
	paths, err := fetch(ctx, files.report)
	files.end(paths, err)
	<-done
	switch {
	case provisioner.KindOf(err) == provisioner.Cancelled && received != nil && context.Cause(ctx) == received:
		return nil, received
	case err != nil:
		return nil, err
	case errors.Is(received, errRestarted):
		if err := d.clear(); err != nil {
			return nil, err
		}
		return d.receive(ctx, files)
	default:
		return contents, received
	}
}

// clear empties the folders that files are unpacked into.
func (d Delivery) clear() error {
	for _, dir := range []string{d.EntryDir, d.SpoolDir} {
		if err := catalog.RemoveTree(dir); err != nil {
			return fmt.Errorf("clear staging: %w", err)
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Errorf("make staging: %w", err)
		}
	}
	return nil
}
