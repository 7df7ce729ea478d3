// Package engine gets the right worker onto a machine. It asks vendors which releases fit, has the newest one fetched
// into a staging folder, verifies and unpacks it, finds the executable, and commits the whole to the catalog.
//
// The engine decides, and it alone: a vendor brings bytes, and nothing that it reports is believed without a check. The
// engine does not know how vendors are reached (in this process, or in one of their own; see provisioner.Vendors), and
// it starts no worker.
//
// One request is one operation (operation.go). Its way through the files:
//
//	provisioner.go   Provision, Ensure, Installed: equal requests share one call
//	installed.go     what the catalog has for it
//	policy.go        which sources are asked, and when a fallback or the installed worker is used
//	resolve.go       the sources' answers become candidates
//	install.go       one candidate becomes an entry of the catalog
package engine
