package engine

import "github.com/rbee-keeper/provision/provisioner"

// noteConfinement warns, once as long as the program runs, of a vendor that should be confined and is not. It returns what is in
// force.
func (op *operation) noteConfinement(v provisioner.Vendor) []string {
	confined, ok := v.(provisioner.Confined)
	if !ok {
		return nil
	}
	c := confined.Confinement()
	if c.Lacking != "" && op.req.OnEvent != nil && !op.warnedUnconfined.Swap(true) {
		op.publish(provisioner.Event{Action: provisioner.ActionWarn, Message: "vendors run without a sandbox: " + c.Lacking,
			Hint: "the setting `sandbox: off` accepts that, and `sandbox: require` refuses it"})
	}
	return c.InForce
}
