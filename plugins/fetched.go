package plugins

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

func fetchedToWire(f provisioner.Fetched) *vendorpb.Fetched {
	return &vendorpb.Fetched{Files: f.Files, Details: texts(f.Details)}
}

func fetchedFromWire(wire *vendorpb.Fetched) (provisioner.Fetched, error) {
	if n := len(wire.GetFiles()); n > maxAnswers {
		return provisioner.Fetched{}, fmt.Errorf("%d files, more than %d", n, maxAnswers)
	}
	for _, name := range wire.GetFiles() {
		if !isBelow(name) {
			return provisioner.Fetched{}, fmt.Errorf("file %q: not a path below the folder", name)
		}
	}
	return provisioner.Fetched{Files: wire.GetFiles(), Details: wire.GetDetails()}, nil
}

func progressToWire(p provisioner.Progress) *vendorpb.Progress {
	return &vendorpb.Progress{
		Phase:   phases[p.Phase],
		File:    text(p.File),
		Done:    p.Done,
		Total:   p.Total,
		Message: text(p.Message),
		Path:    text(p.Path),
		Settled: p.Settled,
	}
}

func progressFromWire(wire *vendorpb.Progress) (provisioner.Progress, error) {
	phase, ok := phases.read(wire.GetPhase())
	if !ok {
		return provisioner.Progress{}, fmt.Errorf("progress: unknown phase %s", wire.GetPhase())
	}
	if wire.GetDone() < 0 || wire.GetTotal() < 0 || wire.GetSettled() < 0 {
		return provisioner.Progress{}, fmt.Errorf("progress: %d of %d bytes, %d settled", wire.GetDone(), wire.GetTotal(), wire.GetSettled())
	}
	if wire.GetPath() != "" && !isBelow(wire.GetPath()) {
		return provisioner.Progress{}, fmt.Errorf("progress: file %q: not a path below the folder", wire.GetPath())
	}
	return provisioner.Progress{
		Phase:   phase,
		File:    wire.GetFile(),
		Done:    wire.GetDone(),
		Total:   wire.GetTotal(),
		Message: text(wire.GetMessage()),
		Path:    wire.GetPath(),
		Settled: wire.GetSettled(),
	}, nil
}

// isBelow reports whether name is the path of a file below a folder, on every platform.
func isBelow(name string) bool {
	return fs.ValidPath(name) && name != "." && filepath.IsLocal(filepath.FromSlash(name))
}
