package vendortest

import (
	"context"
	"io"
	"slices"

	"github.com/rbee-keeper/provision/provisioner"
)

// Process is a vendor in a process of its own, as the host starts it.
type Process interface {
	provisioner.Vendor
	// Ping asks whether the vendor says that it serves.
	Ping(context.Context) error
	// HangUp ends the vendor's stdin, as the end of the host does, and waits a second for it to end. It reports whether it did.
	HangUp() bool
	// EndedItself reports, once the vendor has ended, whether it did so without being killed.
	EndedItself() bool
}

// Launch is how Suite.Open is to start a process. Beside what is told here the environment holds nothing of this process's.
type Launch struct {
	Folders   provisioner.Folders
	Dir       string    // the working folder
	Temp      string    // the folder for temporary files, which Env names
	Variables []string  // names of variables to hand on
	Env       []string  // variables to set, as "key=value"
	Stdout    io.Writer // gets what follows the handshake
	Stderr    io.Writer // gets what is logged
}

// Writable are the folders that the process may write to.
func (l Launch) Writable() []string {
	return slices.DeleteFunc([]string{l.Dir, l.Temp, l.Folders.Staging, l.Folders.Cache}, func(dir string) bool { return dir == "" })
}

// inProcess is a vendor in this process.
type inProcess struct{ provisioner.VendorSource }

// Close implements provisioner.Vendor.
func (inProcess) Close() error { return nil }
