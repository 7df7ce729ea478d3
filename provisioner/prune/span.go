package prune

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// ParseSpan parses a time of more than 0: a number of days or weeks, as "30d" or "2w", or a time.Duration as Go writes
// it, as "36h".
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

// multiply returns a number of units. A number of more than 16 bits is an error, since a Duration could not hold it.
func multiply(digits string, unit time.Duration) (time.Duration, error) {
	n, err := strconv.ParseUint(digits, 10, 16)
	return time.Duration(n) * unit, err
}
