package provisioner

import (
	"fmt"
	"slices"
	"time"
)

// Attempt is a vendor or one of its candidates that was not used, and why. Version and Asset are empty if the whole
// vendor was not used.
type Attempt struct {
	Vendor  string `json:"vendor"`
	Version string `json:"version,omitempty"`
	Asset   string `json:"asset,omitempty"`
	Kind    Kind   `json:"kind"`
	Reason  string `json:"reason"`
	// RetryAt is when to try again, in UTC; zero if that is unknown.
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// differsInVersionOnly reports whether a and b have the same reason for different versions.
func (a Attempt) differsInVersionOnly(b Attempt) bool {
	a.Version, a.RetryAt = b.Version, b.RetryAt
	return a == b
}

// String returns the attempt on one line.
func (a Attempt) String() string {
	s := a.Vendor
	for _, part := range []string{a.Version, a.Asset} {
		if part != "" {
			s += " " + part
		}
	}
	return s + ": " + a.Reason
}

// Decisive returns the attempt that best explains the failure: the first one that is neither NotFound nor
// UnsupportedPlatform, of which every release has many; without such a one, the first.
func Decisive(attempts []Attempt) Attempt {
	i := slices.IndexFunc(attempts, func(a Attempt) bool { return a.Kind != NotFound && a.Kind != UnsupportedPlatform })
	return attempts[max(i, 0)]
}

// groupAttempts returns a line for each attempt, and one line for neighbours that differ in their version only.
func groupAttempts(attempts []Attempt) (lines []string) {
	for start := 0; start < len(attempts); {
		first, end := attempts[start], start+1
		for end < len(attempts) && first.Asset == "" && first.Version != "" && first.differsInVersionOnly(attempts[end]) {
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
