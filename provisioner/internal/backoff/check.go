package backoff

import (
	"time"

	"github.com/rbee-keeper/provision/catalog"
)

// check is the fact that a source was asked, and the newest version that it had.
type check struct {
	Schema int             `json:"schema"`
	Until  time.Time       `json:"until"`
	Newest catalog.Version `json:"newest,omitzero"` // zero if it had nothing
}

// RecordCheck records that a source was asked and had nothing newer than newest. The answer is recent for the interval.
func (f File) RecordCheck(newest catalog.Version, interval time.Duration) {
	f.save(check{Schema: schema, Until: time.Now().Add(jittered(interval)), Newest: newest})
}

// IsCurrent reports whether the source's last answer is recent and has nothing newer than an installed version.
func (f File) IsCurrent(installed catalog.Version, interval time.Duration) bool {
	var c check
	f.load(&c)
	left := time.Until(c.Until)
	return left > 0 && left <= interval && c.Newest.Compare(installed) <= 0
}
