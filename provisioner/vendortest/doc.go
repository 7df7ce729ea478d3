// Package vendortest checks whether a vendor keeps its contract: what it says of itself, what it offers, what it brings, how it is
// cancelled and how it ends. It runs over a provisioner.VendorSource in this process, as in the test of its author, and over a
// vendor in a process of its own, whatever its language; Checks lists what it looks at.
//
// It asks the vendor for real: downloads are downloaded, some of them three times, and builds are built. It neither judges
// whether a worker works nor whether what a vendor says of its releases is true beyond what can be measured.
package vendortest
