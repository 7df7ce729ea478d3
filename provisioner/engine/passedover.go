package engine

import (
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// reportPassedOver tells, where something is accepted, of what a source has that is newer and not taken for a reason that may pass
// or be mended, and of what was not looked at.
func (op *operation) reportPassedOver(attempts []provisioner.Attempt, accepted []candidate) {
	if len(accepted) == 0 {
		return // what comes of it tells why
	}
	best := slices.MaxFunc(accepted, func(a, b candidate) int { return a.release.Version.Compare(b.release.Version) }).release.Version
	told := map[string]bool{}
	for _, a := range attempts {
		if isPassedOver(a, best) && !told[a.Reason] {
			told[a.Reason] = true
			op.publish(provisioner.Event{Action: provisioner.ActionSkip, Vendor: a.Vendor, Version: a.Version, Kind: a.Kind, Message: a.Reason, RetryAt: a.RetryAt})
		}
	}
}

// isPassedOver leaves out what was never meant for the request, and the single assets that are still on their way.
func isPassedOver(a provisioner.Attempt, best catalog.Version) bool {
	switch {
	case a.Kind == provisioner.NotFound, a.Kind == provisioner.UnsupportedPlatform, a.Kind == provisioner.IncompleteRelease && a.Asset != "":
		return false
	case a.Version == "":
		return true
	default:
		v, err := catalog.ParseVersion(a.Version)
		return err == nil && v.Compare(best) > 0
	}
}
