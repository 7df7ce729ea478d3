package engine

import (
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// reportPassedOver publishes what a source has that is newer than the best accepted candidate, if it was rejected for a
// reason that may pass or can be corrected. Without an accepted candidate the operation's result reports the reasons.
func (op *operation) reportPassedOver(attempts []provisioner.Attempt, accepted []candidate) {
	if len(accepted) == 0 {
		return
	}
	best := slices.MaxFunc(accepted,
		func(a, b candidate) int { return a.release.Version.Compare(b.release.Version) }).release.Version
	reported := map[string]bool{}
	for _, a := range attempts {
		if isPassedOver(a, best) && !reported[a.Reason] {
			reported[a.Reason] = true
			op.publish(skipEvent(a))
		}
	}
}

// isPassedOver is false for what was never meant for the request, and for single assets that are still being uploaded.
func isPassedOver(a provisioner.Attempt, best catalog.Version) bool {
	switch {
	case a.Kind == provisioner.NotFound, a.Kind == provisioner.UnsupportedPlatform,
		a.Kind == provisioner.IncompleteRelease && a.Asset != "":
		return false
	case a.Version == "":
		return true
	default:
		v, err := catalog.ParseVersion(a.Version)
		return err == nil && v.Compare(best) > 0
	}
}
