package provisioner

// Confinement is what the system keeps a vendor's process from, for people to read.
type Confinement struct {
	InForce []string // the limits that are in force
	// Lacking tells why the process may write wherever the user may, though it should be kept from that; empty if all is
	// well.
	Lacking string
}

// Confined is what a Vendor may be besides: one that knows to what its process is limited.
type Confined interface {
	Confinement() Confinement
}
