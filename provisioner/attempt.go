package provisioner

import (
	"fmt"
	"slices"
	"time"

	"github.com/rbee-keeper/provision/catalog"
)

// Attempt tells why a vendor or one of its candidates was not used.
type Attempt struct {
	Vendor  string `json:"vendor"`
	Version string `json:"version,omitempty"`
	Asset   string `json:"asset,omitempty"`
	Kind    Kind   `json:"kind"`
	Reason  string `json:"reason"`
	// RetryAt is when to try again, in UTC; zero where that is not known.
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// tellsAs reports whether a tells the same as another attempt, but for the version.
func (a Attempt) tellsAs(b Attempt) bool {
	a.Version, a.RetryAt = b.Version, b.RetryAt
	return a == b
}

// String is the attempt on one line.
func (a Attempt) String() string {
	s := a.Vendor
	for _, part := range []string{a.Version, a.Asset} {
		if part != "" {
			s += " " + part
		}
	}
	return s + ": " + a.Reason
}

// decisive is the one of some attempts that best explains why there is no candidate: the first but for those that only do not
// fit, of which every release has many.
func decisive(attempts []Attempt) Attempt {
	i := slices.IndexFunc(attempts, func(a Attempt) bool { return a.Kind != NotFound && a.Kind != UnsupportedPlatform })
	return attempts[max(i, 0)]
}

// tellPassedOver tells, where something is accepted, of what a source has that is newer and not taken for a reason that may pass
// or be mended, and of what was not looked at.
func (op *operation) tellPassedOver(attempts []Attempt, accepted []candidate) {
	if len(accepted) == 0 {
		return // what comes of it tells why
	}
	best := slices.MaxFunc(accepted, func(a, b candidate) int { return a.release.Version.Compare(b.release.Version) }).release.Version
	told := map[string]bool{}
	for _, a := range attempts {
		if a.isPassedOver(best) && !told[a.Reason] {
			told[a.Reason] = true
			op.tell(Event{Action: ActionSkip, Vendor: a.Vendor, Version: a.Version, Kind: a.Kind, Message: a.Reason, RetryAt: a.RetryAt})
		}
	}
}

// isPassedOver leaves out what was never meant for the request, and the single assets that are still on their way.
func (a Attempt) isPassedOver(best catalog.Version) bool {
	switch {
	case a.Kind == NotFound, a.Kind == UnsupportedPlatform, a.Kind == IncompleteRelease && a.Asset != "":
		return false
	case a.Version == "":
		return true
	default:
		v, err := catalog.ParseVersion(a.Version)
		return err == nil && v.Compare(best) > 0
	}
}

// groupAttempts makes one line of neighbours that tell the same of several versions.
func groupAttempts(attempts []Attempt) (lines []string) {
	for start := 0; start < len(attempts); {
		first, end := attempts[start], start+1
		for end < len(attempts) && first.Asset == "" && first.Version != "" && first.tellsAs(attempts[end]) {
			end++
		}
		if end-start > 1 {
			first.Version = fmt.Sprintf("%s to %s (%d)", first.Version, attempts[end-1].Version, end-start)
		}
		lines = append(lines, first.String())
		start = end
	}
	return lines
}
