// Package plugins carries a provisioner.VendorSource across a process. The author of a vendor calls Serve in main; the
// host starts that program with Launch and gets a provisioner.Vendor. Between them is gRPC as hashicorp/go-plugin
// speaks it, defined in vendor.proto, which is all that a vendor in another language needs.
//
// It believes nothing that a vendor answers before it has checked its shape, and it ends what it started: the vendor's
// whole process group, whether the vendor listens or not. It does not decide which vendors there are, which to trust
// and what they may do, and it does not verify the program that it starts.
package plugins

//go:generate go run -modfile=../.ci/tools.mod internal/generate/main.go
