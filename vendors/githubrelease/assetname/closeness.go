package assetname

import "cmp"

// The classes of a version in an asset's name (of CUDA, glibc, …), compared with the machine's. The best comes first.
const (
	notNewer       = iota // up to the machine's
	unversioned           // the name contains no version
	machineUnknown        // the machine's version is unknown
	newer                 // newer than the machine's
)

// closeness is how well the version in an asset's name fits the machine's.
type closeness struct {
	class       int
	version     string
	oldestFirst bool // order within a class; false puts the newest first
}

// compare is negative if c fits better than d.
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
		return closeness{class: unversioned}
	case have == "":
		return closeness{class: machineUnknown, version: version, oldestFirst: true}
	case compareNumbers(version, have) <= 0:
		return closeness{class: notNewer, version: version}
	default:
		return closeness{class: newer, version: version, oldestFirst: true}
	}
}
