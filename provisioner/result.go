package provisioner

import "github.com/rbee-keeper/provision/catalog"

// Result is a worker that satisfies a request.
type Result struct {
	Worker catalog.WorkerBinary
	// Provenance is nil for an entry that another program made.
	Provenance *catalog.Provenance
	// Installed tells that this operation installed it; false means that it was there.
	Installed bool
	// Fallback tells that it comes from a fallback source.
	Fallback bool
	// Reason tells why it is a fallback, or why nothing newer was installed; empty when all is well.
	Reason string
}

// isNone reports whether r is no worker.
func (r Result) IsZero() bool { return r.Worker.ID == "" }

// version is that of the worker; a foreign record may hold a text that is none.
func (r Result) Version() catalog.Version {
	v, err := catalog.ParseVersion(r.Worker.Version)
	if err != nil {
		return catalog.Version{}
	}
	return v
}

// Digest is that of the executable, as recorded; empty for an entry that another program made.
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
