package provisioner

import (
	"fmt"
	"slices"
	"time"
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
func Decisive(attempts []Attempt) Attempt {
	i := slices.IndexFunc(attempts, func(a Attempt) bool { return a.Kind != NotFound && a.Kind != UnsupportedPlatform })
	return attempts[max(i, 0)]
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
