package provisioner

import "github.com/rbee-keeper/provision/catalog"

// Result is a worker that satisfies a request: its entry in the catalog, and how the request was satisfied.
type Result struct {
	catalog.Entry
	// Installed is true if this operation installed it, and false if it was installed before.
	Installed bool
	// Fallback is true if it comes from a fallback source.
	Fallback bool
	// Reason is why it is a fallback, or why nothing newer was installed; empty if there is nothing to report.
	Reason string
}

// IsZero reports whether r holds no worker.
func (r Result) IsZero() bool { return r.Worker.ID == "" }
