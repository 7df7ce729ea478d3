package engine

import (
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/executable"
)

// Fits returns an error of kind BadPayload if the executable of an entry, which is in the folder dir, is not for the
// entry's platform, or if this machine can't start it because it lacks the loader, a newer libc, a better processor or
// a newer macOS. Unknown facts, such as those of another machine, never reject.
func (p *Provisioner) Fits(dir string, r provisioner.Result) error {
	if r.Provenance == nil {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	name := r.Provenance.Executable
	if err := executable.Check(root, filepath.FromSlash(name), r.Worker.Platform, r.Worker.Arch()); err != nil {
		return err
	}
	op := newOperation(p, provisioner.Request{Type: r.Worker.WorkerType, Platform: r.Worker.Platform,
		Arch: r.Worker.Arch()})
	return executable.CheckNeeds(root, name, r.Provenance.Files, r.Worker.Arch(), op.host())
}
