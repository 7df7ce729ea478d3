package builtin

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease"
	"github.com/rbee-keeper/provision/vendors/localbuild"
)

// vendorVariable names, in the environment of a process that is to be a vendor, which one.
const vendorVariable = "PROVISION_BUILTIN_VENDOR"

// ErrNoMain is returned when a built-in vendor is to be started by a program that did not call Main: starting it again
// would start the whole program a second time.
var ErrNoMain = errors.New("start built-in vendor: builtin.Main was not called first in main")

var mainCalled atomic.Bool

// constructors make the built-in vendors.
var constructors = map[string]func() provisioner.VendorSource{
	"github-release": func() provisioner.VendorSource { return githubrelease.New() },
	"local-build":    func() provisioner.VendorSource { return localbuild.New() },
}

// Main returns at once, unless this process was started by Open's Provisioner to be a vendor: then it serves that
// vendor and exits. It must be called before the program does anything else.
func Main() {
	mainCalled.Store(true)
	name, ok := os.LookupEnv(vendorVariable)
	if !ok {
		return
	}
	construct, ok := constructors[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "%s=%s: there is no such built-in vendor\n", vendorVariable, name)
		os.Exit(2)
	}
	plugins.Serve(construct())
	os.Exit(0)
}
