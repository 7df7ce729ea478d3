package githubrelease

import "cmp"

// closeness is how near a version that an asset names is to the machine's.
type closeness struct {
	class      int // the smaller the better
	at         string
	isOldFirst bool // within a class; else the newest is best
}

func (c closeness) compare(d closeness) int {
	order := cmp.Or(cmp.Compare(c.class, d.class), compareNumbers(d.at, c.at))
	if c.class == d.class && c.isOldFirst {
		return -order
	}
	return order
}

// closeTo ranks a version below the machine's first, the nearest of them before all. Where the machine's is not known, the
// oldest runs on most.
func closeTo(at, have string) closeness {
	switch {
	case at == "":
		return closeness{class: 1}
	case have == "":
		return closeness{class: 2, at: at, isOldFirst: true}
	case compareNumbers(at, have) <= 0:
		return closeness{class: 0, at: at}
	default:
		return closeness{class: 3, at: at, isOldFirst: true}
	}
}
