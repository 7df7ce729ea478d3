package config

import "time"

// span reads a time span as Go writes it, of at least the least.
func (d *document) span(n node, least time.Duration) time.Duration {
	switch n.kind {
	case aString, anInteger, aNumber: // a number lacks its unit, which quotes would not mend
	default:
		d.text(n)
		return 0
	}
	span, err := time.ParseDuration(n.text)
	if err != nil || span < least {
		d.wrong(n, "want a time span such as 90s or 10m, not %q", n.text)
		return 0
	}
	return span
}
