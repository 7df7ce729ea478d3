package provisioner

import (
	"encoding/json"

	"github.com/rbee-keeper/provision/catalog"
)

// Source is one configured place to get a worker type from: a vendor, and the options to ask it with.
type Source struct {
	Vendor string
	// Key identifies the source in provenance records: the vendor's name and the identifying options of With. An entry
	// satisfies a request only if its source is still configured.
	Key    string
	Where  string          // file and line of the configuration that it stands in; may be empty
	Config json.RawMessage // the vendor's own configuration, a JSON object
	With   json.RawMessage // the source's, a JSON object
	// Binary is the base name of the executable, without .exe. Empty: the one with the worker type's usual name, or the
	// only one.
	Binary   string
	Contract Contract
	Launch   *catalog.Launch // nil means that of the Rust hive: --port <port> --queen-url <url>
	// Fallback marks a source that is asked only when no other yields a worker and nothing else that fits is installed.
	Fallback bool
	// Prerelease accepts prereleases even if the constraint does not ask for them. The configuration sets it from the
	// vendor's option of that name, or from its own key if the vendor has no such option.
	Prerelease bool
	// Unverified accepts releases without a published digest.
	Unverified bool
	// Build accepts releases that were built on this machine; granted to the vendor in the configuration.
	Build bool
}

// Contract says who posts a worker's heartbeats to the queen.
type Contract string

// The worker contracts.
const (
	ContractRbee Contract = "rbee" // the worker does
	ContractNone Contract = "none" // the hive does, for a worker that does not know the queen
)

// Validate returns an *Error of kind InvalidConfig if no hive could follow the launch template, so that the mistake is
// found before a worker is started.
func (s Source) Validate() error {
	if s.Launch == nil {
		return nil
	}
	if err := s.Launch.Validate(); err != nil {
		return Errorf(InvalidConfig, "source %s: %w", s.Key, err)
	}
	return nil
}
