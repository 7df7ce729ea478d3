package prune

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// ParseSpan reads a time such as "30d", "2w" or "36h": a number of days or weeks, or what Go writes for a time.Duration. It is more
// than 0.
func ParseSpan(s string) (time.Duration, error) {
	span, err := time.ParseDuration(s)
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if digits, ok := strings.CutSuffix(s, suffix); ok {
			span, err = multiply(digits, unit)
		}
	}
	if err != nil || span <= 0 {
		return 0, fmt.Errorf("malformed time %q: use for example 30d, 2w or 36h", s)
	}
	return span, nil
}

// multiply refuses what a Duration can't hold.
func multiply(digits string, unit time.Duration) (time.Duration, error) {
	n, err := strconv.ParseUint(digits, 10, 16)
	return time.Duration(n) * unit, err
}
