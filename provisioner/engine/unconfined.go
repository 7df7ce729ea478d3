package engine

import "github.com/rbee-keeper/provision/provisioner"

// warnUnconfined warns, once in the life of the program, about a vendor that should be confined and is not. It returns
// the limits that are in force.
func (op *operation) warnUnconfined(v provisioner.Vendor) []string {
	c := v.Confinement()
	if c.Lacking != "" && op.req.OnEvent != nil && !op.warnedUnconfined.Swap(true) {
		op.publish(provisioner.Event{Action: provisioner.ActionWarn, Message: "vendors run without a sandbox: " + c.Lacking,
			Hint: "the setting `sandbox: off` accepts that, and `sandbox: require` refuses it"})
	}
	return c.InForce
}
