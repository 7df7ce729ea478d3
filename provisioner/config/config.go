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
	// Descriptions are what vendors say of themselves, by their names, as far as it is known.
	Descriptions map[string]provisioner.Description
	Workers      map[catalog.WorkerType]Worker
	// CheckInterval is how long an answer of a source holds for what is installed; 0 asks every time.
	CheckInterval time.Duration
	// Verify is how closely an installed worker is looked at before it is used.
	Verify provisioner.VerifyLevel
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
	Command string // absolute path of the plugin's executable; empty for a vendor that is built in or installed
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
	// Schemas describes the built-in vendors by their names, and Installed the plugins that need no command. `config` and `with`
	// are checked against it.
	Schemas, Installed map[string]provisioner.Description
	// Described returns what the plugin with a digest said of itself when it last ran; nil knows nothing. It is for plugins with a
	// command and a digest. One of which nothing is known takes any `config` and `with`.
	Described func(catalog.Digest) (provisioner.Description, bool)
}

// Load reads and merges all layers. Its error is a *provisioner.Error of kind InvalidConfig that joins an *Error for each
// mistake, in the order of the layers and of the lines in each.
func Load(opts Options) (*Config, error) {
	documents := opts.read()
	if slices.ContainsFunc(documents, func(d *document) bool { return !d.read }) {
		return nil, problemsOf(documents) // what a broken file would have configured is unknown
	}
	l := loader{opts: opts, vendors: map[string]*vendor{}, workers: map[catalog.WorkerType]Worker{}}
	for _, d := range documents {
		d.mapping(d.root, fields{
			"vendors":        func(n node) { l.readVendors(d, n) },
			"workers":        func(n node) { d.workers = n },
			"sandbox":        func(n node) { l.sandbox = d.oneOf(n, Sandboxes) },
			"check_interval": func(n node) { l.checkInterval = d.span(n, 0) },
			"verify":         func(n node) { l.verify = provisioner.VerifyLevel(d.oneOf(n, depths())) },
		})
	}
	l.addInstalled()
	l.checkVendors()
	for _, d := range documents { // behind the vendors of all layers: a source may name any of them
		l.readWorkers(d, d.workers)
	}
	if err := problemsOf(documents); err != nil {
		return nil, err
	}
	return l.config(documents), nil
}

// Sandbox reads the setting `sandbox` alone, also where sources name plugins that are not installed yet. Its errors are those of
// Load.
func Sandbox(opts Options) (string, error) {
	documents := opts.read()
	mode := ""
	elsewhere := func(node) {}
	for _, d := range documents {
		if !d.read {
			break
		}
		d.mapping(d.root, fields{
			"sandbox": func(n node) { mode = d.oneOf(n, Sandboxes) },
			"vendors": elsewhere, "workers": elsewhere, "check_interval": elsewhere, "verify": elsewhere,
		})
	}
	return mode, problemsOf(documents)
}

// depths are the values of the key `verify`.
func depths() []string {
	var names []string
	for _, d := range provisioner.VerifyLevels() {
		names = append(names, string(d))
	}
	return names
}

// loader holds what the layers that were read so far say.
type loader struct {
	opts    Options
	vendors map[string]*vendor
	workers map[catalog.WorkerType]Worker

	checkInterval time.Duration
	verify        provisioner.VerifyLevel
	sandbox       string
}

func (l *loader) config(documents []*document) *Config {
	c := &Config{
		Vendors: map[string]Vendor{}, Descriptions: map[string]provisioner.Description{},
		Workers: l.workers, CheckInterval: l.checkInterval, Verify: l.verify, Sandbox: l.sandbox,
	}
	for name, v := range l.vendors {
		c.Vendors[name] = v.Vendor
		if v.description != nil {
			c.Descriptions[name] = *v.description
		}
	}
	for _, d := range documents[1:] { // the first is built in
		c.Files = append(c.Files, d.file)
	}
	return c
}
