package trial

import (
	"context"
	"io"
	"slices"

	"github.com/rbee-keeper/provision/provisioner"
)

// Process is a vendor in a process of its own, as the host starts it.
type Process interface {
	provisioner.Vendor
	// Ping asks the health service whether the vendor serves.
	Ping(context.Context) error
	// CloseStdin closes the vendor's stdin, as the end of the host does, and waits one second for the vendor to end. It
	// reports whether the vendor did.
	CloseStdin() bool
	// EndedItself reports, once the vendor has ended, whether it did so without being killed.
	EndedItself() bool
}

// Launch describes how Open starts a process. The environment holds what Variables and Env give, and nothing else of
// this process.
type Launch struct {
	Folders   provisioner.Folders
	Dir       string    // the working folder
	Temp      string    // the folder for temporary files, which Env names
	Variables []string  // names of variables to pass on
	Env       []string  // variables to set, as "key=value"
	Stdout    io.Writer // receives what follows the handshake
	Stderr    io.Writer // receives the log
}

// Writable lists the folders that the process may write to.
func (l Launch) Writable() []string {
	all := []string{l.Dir, l.Temp, l.Folders.Staging, l.Folders.Cache}
	return slices.DeleteFunc(all, func(dir string) bool { return dir == "" })
}

// inProcess is a vendor in this process.
type inProcess struct{ provisioner.VendorSource }

// Close implements provisioner.Vendor.
func (inProcess) Close() error { return nil }

// Confinement implements provisioner.Vendor.
func (inProcess) Confinement() provisioner.Confinement { return provisioner.Confinement{} }
