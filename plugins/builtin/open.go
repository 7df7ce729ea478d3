package builtin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
	"github.com/rbee-keeper/provision/provisioner/engine"
	"github.com/rbee-keeper/provision/provisioner/machine"
)

// Options configure Open. The zero value is this user's catalog and configuration.
type Options struct {
	CacheDir  string            // the catalog's home; empty is $RBEE_CACHE_DIR, or rbee in the user's cache folder
	Sandbox   string            // one of config.Sandboxes, in place of what the configuration says; empty is that
	Config    string            // a configuration file to lay over the others; empty is $PROVISION_CONFIG
	Host      map[string]string // replaces facts that are found of the machine, by machine.Keys; an empty value is unknown
	Installer string            // this program's name and version, for provenance records

	ResolveTimeout, IdleTimeout time.Duration // as in provisioner.Options
}

// Open returns a Provisioner over this user's catalog and configuration, whose vendors run in processes of their own.
// Errors in the configuration, and an unknown fact of the machine, are of kind provisioner.InvalidConfig.
func Open(opts Options) (*engine.Provisioner, error) {
	workers, err := OpenCatalog(opts.CacheDir)
	if err != nil {
		return nil, err
	}
	cfg, err := Configuration(opts)
	if err != nil {
		return nil, err
	}
	builtIn, err := describeAll()
	if err != nil {
		return nil, err
	}
	given, err := machine.Facts(nil).Override(opts.Host)
	if err != nil {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "%w", err)
	}
	limits, err := newGrants(opts.Sandbox, cfg)
	if err != nil {
		return nil, err
	}
	sources := map[catalog.WorkerType][]provisioner.Source{}
	for t, worker := range cfg.Workers {
		sources[t] = worker.Sources
	}
	state := filepath.Join(workers.Home(), "state")
	return engine.New(engine.Options{
		Catalog: workers, Vendors: vendors{cfg.Vendors, builtIn, store.New(workers.Home()), limits}, Sources: sources,
		Host: given.Host(), Machine: opts.machine,
		StateDir: state, Installer: opts.Installer, CheckInterval: cfg.CheckInterval, Verify: cfg.Verify,
		CacheDir:       func(vendor string) string { return existing(filepath.Join(state, "vendors", vendor)) },
		ThirdParty:     func(vendor string) bool { return !trustIn(cfg.Vendors, vendor).isBuiltIn },
		ResolveTimeout: opts.ResolveTimeout, IdleTimeout: opts.IdleTimeout,
	})
}

// machine finds what is known of this machine, but for what is replaced.
func (o Options) machine() provisioner.Host {
	facts := machine.Find(context.Background(), machine.Options{})
	if replaced, err := facts.Override(o.Host); err == nil { // Open has seen to that
		facts = replaced
	}
	return facts.Host()
}

// Configuration reads the configuration as Open does.
func Configuration(opts Options) (*config.Config, error) {
	builtIn, err := describeAll()
	if err != nil {
		return nil, err
	}
	plugins, err := OpenPlugins(opts.CacheDir)
	if err != nil {
		return nil, err
	}
	installed := map[string]provisioner.Description{}
	records, unreadable := plugins.List()
	for _, r := range records {
		installed[r.Name()] = r.Description
	}
	cfg, err := config.Load(
		config.Options{Explicit: opts.Config, Schemas: builtIn, Installed: installed, Described: plugins.Known},
	)
	if err != nil {
		return nil, errors.Join(err, unreadable)
	}
	return cfg, nil
}

// OpenPlugins returns the installed plugins, whatever the configuration holds; see Options for cacheDir.
func OpenPlugins(cacheDir string) (*store.Store, error) {
	home, err := catalog.Home(cacheDir)
	if err != nil {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "%w", err)
	}
	return store.New(home), nil
}

// IsBuiltIn reports whether a vendor comes with every program that calls Main.
func IsBuiltIn(name string) bool {
	_, ok := constructors[name]
	return ok
}

// OpenCatalog returns the catalog alone, which works whatever the configuration holds; see Options for cacheDir.
func OpenCatalog(cacheDir string) (*catalog.WorkerCatalog, error) {
	home, err := catalog.Home(cacheDir)
	if err != nil {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "%w", err)
	}
	return catalog.NewWorkerCatalogAt(home)
}

// existing makes a folder and returns its path, or "" where that can't be done: a vendor works without a cache.
func existing(dir string) string {
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}

// describeAll collects what the built-in vendors say of themselves. That costs no process: Describe does no I/O.
func describeAll() (map[string]provisioner.Description, error) {
	descriptions := map[string]provisioner.Description{}
	for name, construct := range constructors {
		description, err := construct().Describe(context.Background())
		if err != nil {
			return nil, err
		}
		descriptions[name] = description
	}
	return descriptions, nil
}
