package config

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Config is the merged content of all layers.
type Config struct {
	Vendors map[string]Vendor
	// Descriptions holds the descriptions of the vendors that have a known one, by name.
	Descriptions map[string]provisioner.Description
	Workers      map[catalog.WorkerType]Worker
	// CheckInterval is how long a source's answer is valid for what is installed. 0 asks the source every time.
	CheckInterval time.Duration
	// Verify is how closely an installed worker is checked before it is used.
	Verify provisioner.VerifyLevel
	// Sandbox is one of Sandboxes. Empty is "auto".
	Sandbox string
	// Files are the paths of the layers that were read, without the built-in one. Later files override earlier ones.
	Files []string
}

// Sandboxes are the values of the key `sandbox`, which says how vendors' processes are limited: not at all; as far as
// the system can; or fully, so that a vendor that the system can't limit is not started.
var Sandboxes = []string{"off", "auto", "require"}

// Vendor is how a vendor is started and what it is granted.
type Vendor struct {
	Command string // absolute path of the plugin's executable; empty for a vendor that is built in or installed
	Args    []string
	SHA256  catalog.Digest  // of the executable, checked at every launch; zero if none is configured
	Config  json.RawMessage // the vendor's own configuration, a JSON object
	Build   bool            // it may offer what was built on this machine
	// Env names the environment variables that are passed on. A built-in vendor also gets those that it declares.
	Env        []string
	Ports      []uint16 // TCP ports that it may connect to, in addition to those that it declares
	WritePaths []string // files and folders that it may write to; absolute, or below "~/"
}

// Worker is where a worker type comes from.
type Worker struct {
	Sources []provisioner.Source // in order of preference; empty if the type is switched off
}

// Options say where the files are and which vendors exist. The zero value looks for the files in their usual places,
// and knows no vendor.
type Options struct {
	// Explicit is the file given on the command line. It must exist. If it is empty, $PROVISION_CONFIG names the file.
	Explicit string
	// System and User are the files of the machine and of its user. Either may be missing. The default of System is
	// /etc/rbee/provision.yaml (on windows %ProgramData%\rbee\provision.yaml), that of User is rbee/provision.yaml in
	// os.UserConfigDir.
	System, User string
	// Schemas describes the built-in vendors by name, and Installed the plugins that need no command. `config` and
	// `with` are checked against these descriptions.
	Schemas, Installed map[string]provisioner.Description
	// Described returns the description that the plugin with a digest gave when it last ran. It is called for plugins
	// with a command and a digest. Without a description, a plugin accepts any `config` and `with`. Nil has none.
	Described func(catalog.Digest) (provisioner.Description, bool)
}

// Load reads and merges all layers. Its error is a *provisioner.Error of kind InvalidConfig that joins an *Error for
// each mistake, in the order of the layers and of the lines in each.
func Load(opts Options) (*Config, error) {
	documents := opts.read()
	if slices.ContainsFunc(documents, func(d *document) bool { return !d.read }) {
		return nil, problemsOf(documents) // a broken file may configure what the others use
	}
	l := loader{opts: opts, vendors: map[string]*vendor{}, workers: map[catalog.WorkerType]Worker{}}
	for _, d := range documents {
		d.mapping(d.root, fields{
			"vendors":        func(v value) { l.readVendors(d, v) },
			"workers":        func(v value) { d.workers = v },
			"sandbox":        func(v value) { l.sandbox = d.text(v, oneOf(Sandboxes)) },
			"check_interval": func(v value) { l.checkInterval = d.span(v, 0) },
			"verify":         func(v value) { l.verify = provisioner.VerifyLevel(d.text(v, oneOf(levels()))) },
		})
	}
	l.addInstalled()
	l.checkVendors()
	for _, d := range documents { // after the vendors of all layers, since a source may name any of them
		l.readWorkers(d, d.workers)
	}
	if err := problemsOf(documents); err != nil {
		return nil, err
	}
	return l.config(documents), nil
}

// Sandbox reads only the key `sandbox`. It works also where sources name plugins that are not installed yet. Its errors
// are those of Load.
func Sandbox(opts Options) (string, error) {
	documents := opts.read()
	mode := ""
	ignore := func(value) {}
	for _, d := range documents {
		if !d.read {
			break
		}
		d.mapping(d.root, fields{
			"sandbox": func(v value) { mode = d.text(v, oneOf(Sandboxes)) },
			"vendors": ignore, "workers": ignore, "check_interval": ignore, "verify": ignore,
		})
	}
	return mode, problemsOf(documents)
}

// levels lists the values of the key `verify`.
func levels() []string {
	var names []string
	for _, level := range provisioner.VerifyLevels() {
		names = append(names, string(level))
	}
	return names
}

// loader merges the layers. It holds the result of those that were read so far.
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
