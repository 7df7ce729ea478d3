package provisioner

// Confinement is what the system keeps a vendor's process from, for people to read.
type Confinement struct {
	InForce []string // the limits that are in force
	// Lacking tells why the process may write wherever the user may, though it should be kept from that; empty if all is well.
	Lacking string
}

// Confined is what a Vendor may be besides: one that knows to what its process is limited.
type Confined interface {
	Confinement() Confinement
}

// noteConfinement warns, once as long as the program runs, of a vendor that should be confined and is not. It returns what is in
// force.
func (op *operation) noteConfinement(v Vendor) []string {
	confined, ok := v.(Confined)
	if !ok {
		return nil
	}
	c := confined.Confinement()
	if c.Lacking != "" && op.req.OnEvent != nil && !op.unconfinedTold.Swap(true) {
		op.tell(Event{Action: ActionWarn, Message: "vendors run without a sandbox: " + c.Lacking,
			Hint: "the setting `sandbox: off` accepts that, and `sandbox: require` refuses it"})
	}
	return c.InForce
}
