package config

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Config is what all layers together say.
type Config struct {
	Vendors map[string]Vendor
	Workers map[catalog.WorkerType]Worker
	// CheckInterval is how long an answer of a source holds for what is installed; 0 asks every time.
	CheckInterval time.Duration
	// Sandbox is one of Sandboxes; empty is "auto".
	Sandbox string
	// Files are the paths of the layers that were read, later ones winning; the built-in layer is not among them.
	Files []string
}

// Sandboxes are what to do with vendors where the system can limit processes: nothing; limit them as far as it can; or start none
// that it can't limit.
var Sandboxes = []string{"off", "auto", "require"}

// Vendor is how a vendor is started and what it is granted.
type Vendor struct {
	Command string // the plugin's executable; empty for a built-in vendor
	Args    []string
	SHA256  catalog.Digest  // of the executable, checked at every launch; zero if none is configured
	Config  json.RawMessage // the vendor's own configuration, a JSON object
	Build   bool            // it may bring what was built on this machine
	// Env are the names of environment variables that it gets: a built-in vendor beyond those that it declares, any other of those.
	Env        []string
	Ports      []uint16 // TCP ports that it may connect to beyond those that it declares
	WritePaths []string // files and folders that it may write to; absolute, or below "~/"
}

// Worker is where a worker type comes from.
type Worker struct {
	Sources []provisioner.Source // in order of preference; empty if the type is switched off
}

// Options say where the configuration is. The zero value finds the files where they usually are, and knows no vendor.
type Options struct {
	// Explicit is the file given on the command line, which must exist. Empty is $PROVISION_CONFIG, else there is none.
	Explicit string
	// System and User are the files of the machine and of its user, which may be missing. Empty is /etc/rbee/provision.yaml
	// (on windows %ProgramData%\rbee\provision.yaml) and rbee/provision.yaml in os.UserConfigDir.
	System, User string
	// Schemas describes vendors by their names: the built-in ones, which the built-in layer names, and plugins as far as they
	// are known. `config` and `with` are checked against it; a plugin that it lacks takes any.
	Schemas map[string]provisioner.Description
}

// Load reads and merges all layers. Its error is a *provisioner.Error of kind InvalidConfig that joins an *Error for each
// mistake, in the order of the layers and of the lines in each.
func Load(opts Options) (*Config, error) {
	documents := opts.read()
	if slices.ContainsFunc(documents, func(d *document) bool { return !d.read }) {
		return nil, problemsOf(documents) // what a broken file would have configured is unknown
	}
	l := loader{schemas: opts.Schemas, vendors: map[string]*vendor{}, workers: map[catalog.WorkerType]Worker{}}
	for _, d := range documents {
		d.mapping(d.root, fields{
			"vendors":        func(n node) { l.readVendors(d, n) },
			"workers":        func(n node) { d.workers = n },
			"sandbox":        func(n node) { l.sandbox = d.oneOf(n, Sandboxes) },
			"check_interval": func(n node) { l.checkInterval = d.span(n, 0) },
		})
	}
	l.checkVendors()
	for _, d := range documents { // behind the vendors of all layers: a source may name any of them
		l.readWorkers(d, d.workers)
	}
	if err := problemsOf(documents); err != nil {
		return nil, err
	}
	return l.config(documents), nil
}

// loader holds what the layers that were read so far say.
type loader struct {
	schemas map[string]provisioner.Description
	vendors map[string]*vendor
	workers map[catalog.WorkerType]Worker

	checkInterval time.Duration
	sandbox       string
}

func (l *loader) config(documents []*document) *Config {
	c := &Config{Vendors: make(map[string]Vendor, len(l.vendors)), Workers: l.workers, CheckInterval: l.checkInterval, Sandbox: l.sandbox}
	for name, v := range l.vendors {
		c.Vendors[name] = v.Vendor
	}
	for _, d := range documents[1:] { // the first is built in
		c.Files = append(c.Files, d.file)
	}
	return c
}
