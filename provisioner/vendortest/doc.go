// Package vendortest tests whether a vendor keeps its contract: how it describes itself, what it offers, what it
// fetches, how it is cancelled and how it ends. Checks lists what is tested. A vendor is a provisioner.VendorSource in
// this process, as in its author's test, or a process of its own in any language.
//
// It uses the vendor for real: it downloads a release, up to three times, and runs builds. It does not test whether the
// worker works, nor whether what a vendor states about its releases is true beyond what can be measured.
package vendortest
