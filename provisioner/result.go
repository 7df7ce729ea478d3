package provisioner

import "github.com/rbee-keeper/provision/catalog"

// Result is a worker that satisfies a request.
type Result struct {
	Worker catalog.WorkerBinary
	// Provenance is where it came from; nil for an entry that another program made.
	Provenance *catalog.Provenance
	// Installed is true if this operation installed it, and false if it was installed before.
	Installed bool
	// Fallback is true if it comes from a fallback source.
	Fallback bool
	// Reason is why it is a fallback, or why nothing newer was installed; empty if there is nothing to report.
	Reason string
}

// IsZero reports whether r holds no worker.
func (r Result) IsZero() bool { return r.Worker.ID == "" }

// Version returns the worker's version. It is zero if the record of a foreign entry holds a text that is not a version.
func (r Result) Version() catalog.Version {
	v, err := catalog.ParseVersion(r.Worker.Version)
	if err != nil {
		return catalog.Version{}
	}
	return v
}

// Digest returns the recorded digest of the executable; empty for an entry that another program made.
func (r Result) Digest() catalog.Digest {
	if r.Provenance == nil {
		return ""
	}
	for _, f := range r.Provenance.Files {
		if f.Path == r.Provenance.Executable {
			return f.Digest
		}
	}
	return ""
}
