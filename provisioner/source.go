package provisioner

import (
	"encoding/json"

	"github.com/rbee-keeper/provision/catalog"
)

// Source is one configured place to get a worker type from: a vendor, and what it is asked with.
type Source struct {
	Vendor string
	// Key tells this source from others in a provenance record: the vendor's name and the identifying options of With. An
	// entry satisfies a request only if its source is still configured.
	Key    string
	Where  string          // file and line of the configuration that it stands in; may be empty
	Config json.RawMessage // the vendor's own configuration, a JSON object
	With   json.RawMessage // the source's, a JSON object
	// Binary is the base name of the executable, without .exe; empty where it is the only one, or bears the original's name.
	Binary   string
	Contract Contract
	Launch   *catalog.Launch // nil is the original's: --port <port> --queen-url <url>
	// Fallback marks a source that is asked only when no other yields a worker and nothing else that fits is installed.
	Fallback bool
	// Prerelease accepts prereleases also where the constraint does not ask for them. The configuration sets it by the vendor's
	// option of that name, and for a vendor that has none.
	Prerelease bool
	// Unverified accepts releases without a published digest.
	Unverified bool
	// Build accepts releases that were built on this machine; granted to the vendor in the configuration.
	Build bool
}

// Contract tells who posts a worker's heartbeats to the queen.
type Contract string

// The worker contracts.
const (
	ContractRbee Contract = "rbee" // the worker does
	ContractNone Contract = "none" // the hive does, for a worker that knows no queen
)

// validate refuses a launch template that no hive could follow: it is found out here, not when a worker is to be started.
func (s Source) Validate() error {
	if s.Launch == nil {
		return nil
	}
	if err := s.Launch.Validate(); err != nil {
		return Errorf(InvalidConfig, "source %s: %w", s.Key, err)
	}
	return nil
}
