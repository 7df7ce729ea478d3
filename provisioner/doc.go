// Package provisioner gets the right worker onto a machine: it asks vendors which releases fit, has the newest one fetched
// into a staging folder, verifies and unpacks it, finds the executable and commits the whole to the catalog.
//
// It decides, and it alone: a VendorSource brings bytes and is believed nothing that was not checked. How vendors are reached
// (in this process, or in one of their own) it does not know; see Vendors. It starts no worker.
package provisioner
