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
		if !fs.ValidPath(name) || name == "." || !filepath.IsLocal(filepath.FromSlash(name)) {
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
	}
}

func progressFromWire(wire *vendorpb.Progress) (provisioner.Progress, error) {
	phase, ok := phases.read(wire.GetPhase())
	if !ok {
		return provisioner.Progress{}, fmt.Errorf("progress: unknown phase %s", wire.GetPhase())
	}
	if wire.GetDone() < 0 || wire.GetTotal() < 0 {
		return provisioner.Progress{}, fmt.Errorf("progress: %d of %d bytes", wire.GetDone(), wire.GetTotal())
	}
	return provisioner.Progress{
		Phase:   phase,
		File:    wire.GetFile(),
		Done:    wire.GetDone(),
		Total:   wire.GetTotal(),
		Message: text(wire.GetMessage()),
	}, nil
}
