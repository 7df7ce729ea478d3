package provisioner

// Confinement describes, for people, how the system limits a vendor's process. It is empty for a vendor that has no
// process of its own.
type Confinement struct {
	InForce []string // the limits that are in force
	// Lacking is the reason why the process may write wherever the user may, though it should not. It is empty if the
	// process is limited as it should be.
	Lacking string
}
