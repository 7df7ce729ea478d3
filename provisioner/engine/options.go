package engine

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Options configure a Provisioner. Catalog, Vendors and Sources must be set.
type Options struct {
	Catalog *catalog.WorkerCatalog
	Vendors provisioner.Vendors
	// Sources lists where each worker type comes from. Of equal versions, the one of the earlier source is used.
	Sources map[catalog.WorkerType][]provisioner.Source
	// Host holds the facts that the user gave of the machine that workers are for.
	Host provisioner.Host
	// Machine finds the facts of this machine; those in Host take precedence. It is called once, by the first request for
	// this machine that needs it. For another machine only Host counts. Nil knows nothing.
	Machine func() provisioner.Host
	// CacheDir returns an existing folder for a vendor's Query.CacheDir, or "". Nil gives vendors none.
	CacheDir func(vendor string) string
	// StateDir is the folder of what is remembered about sources between runs. It is created when needed. Empty remembers
	// nothing.
	StateDir string
	// Installer names the running program and its version in provenance records.
	Installer string
	// ThirdParty reports whether a vendor is third-party, so that its published digests are only its own claim. Nil: none
	// is.
	ThirdParty func(vendor string) bool
	// ResolveTimeout is how long a vendor may take to answer; 0 means one minute.
	ResolveTimeout time.Duration
	// CheckInterval is how long the answer of a source stays valid for what is installed; 0 asks at every Provision.
	CheckInterval time.Duration
	// Verify is how closely an entry is verified before it is returned; empty means VerifySize. VerifyDigest reads every
	// byte, which takes about a second per GB.
	Verify provisioner.VerifyLevel
	// IdleTimeout is how long a Fetch may make no progress; 0 means 15 minutes.
	IdleTimeout time.Duration
	// LockTimeout is how long to wait for another process that installs the same; 0 means catalog.LockTimeout.
	LockTimeout time.Duration
}

// complete checks the options and fills in the defaults.
func (o Options) complete() (Options, error) {
	if o.Catalog == nil || o.Vendors == nil {
		return o, errors.New("new provisioner: options lack a catalog or vendors")
	}
	o.ResolveTimeout = cmp.Or(o.ResolveTimeout, time.Minute)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 15*time.Minute)
	o.LockTimeout = cmp.Or(o.LockTimeout, catalog.LockTimeout)
	o.Verify = cmp.Or(o.Verify, provisioner.VerifySize)
	for _, sources := range o.Sources {
		for _, s := range sources {
			if err := s.Validate(); err != nil {
				return o, err
			}
		}
	}
	if o.Machine != nil {
		o.Machine = sync.OnceValue(o.Machine)
	}
	return o, nil
}
