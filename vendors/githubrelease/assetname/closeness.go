package assetname

import "cmp"

// closeness compares the version in an asset's name with the machine's.
type closeness struct {
	class       int // the smaller the better
	version     string
	oldestFirst bool // order within a class; false puts the newest first
}

func (c closeness) compare(d closeness) int {
	order := cmp.Or(cmp.Compare(c.class, d.class), compareNumbers(d.version, c.version))
	if c.class == d.class && c.oldestFirst {
		return -order
	}
	return order
}

// closenessOf orders: versions up to the machine's, the newest first; no version; then newer ones, the oldest first. If
// the machine's version is unknown, the oldest is best, because it runs on most machines.
func closenessOf(version, have string) closeness {
	switch {
	case version == "":
		return closeness{class: 1}
	case have == "":
		return closeness{class: 2, version: version, oldestFirst: true}
	case compareNumbers(version, have) <= 0:
		return closeness{class: 0, version: version}
	default:
		return closeness{class: 3, version: version, oldestFirst: true}
	}
}
