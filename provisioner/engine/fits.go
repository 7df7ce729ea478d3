package engine

import (
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/executable"
)

// Fits returns an error of kind BadPayload if the executable of an entry is not for the
// entry's platform, or if this machine can't start it because it lacks the loader, a newer libc, a better processor or
// a newer macOS. Unknown facts, such as those of another machine, never reject.
func (p *Provisioner) Fits(e catalog.Entry) error {
	if e.Provenance == nil {
		return nil
	}
	root, err := os.OpenRoot(e.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	name, w := e.Provenance.Executable, e.Worker
	if err := executable.Check(root, filepath.FromSlash(name), w.Platform, w.Arch()); err != nil {
		return err
	}
	op := newOperation(p, provisioner.Request{Type: w.WorkerType, Platform: w.Platform, Arch: w.Arch()})
	return executable.CheckNeeds(root, name, e.Provenance.Files, w.Arch(), op.host())
}
