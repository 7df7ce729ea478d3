package engine

import (
	"fmt"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

const (
	maxAnew           = 100 // how often files may be begun anew and still count as headway
	messagesPerSecond = 50  // of a vendor, that are passed on; a build that was cached prints many at once
)

// headway tells progress from its semblance: a vendor that repeats itself is as idle as one that says nothing. And it thins out what a
// vendor says where that is more than anybody can read.
type headway struct {
	files   map[string]provisioner.Progress // the furthest of each
	anew    int
	message string

	second time.Time
	said   int // in that second
	unsaid int
}

// isMade reports whether p is further than what came before.
func (h *headway) isMade(p provisioner.Progress) bool {
	if h.files == nil {
		h.files = map[string]provisioner.Progress{}
	}
	if p.Message != "" && (p.Message != h.message || p.File == "") {
		isNew := p.Message != h.message
		h.message = p.Message
		return isNew
	}
	before, known := h.files[p.File]
	isFurther := !known || p.Done > before.Done || p.Settled > before.Settled || p.Phase != before.Phase
	if p.Done < before.Done && h.anew < maxAnew {
		h.anew++
		isFurther = true
	}
	if isFurther && len(h.files) <= maxPaced {
		h.files[p.File] = p
	}
	return isFurther
}

// passes reports whether p is to be passed on, and returns a message to pass on before it where others were not.
func (h *headway) passes(p provisioner.Progress, now time.Time) (missed string, ok bool) {
	if p.Message == "" {
		return "", true
	}
	if now.Sub(h.second) >= time.Second {
		h.second, h.said = now, 0
		missed = h.missed()
	}
	if h.said++; h.said > messagesPerSecond {
		h.unsaid++
		return "", false
	}
	return missed, true
}

// missed tells once what was not passed on.
func (h *headway) missed() string {
	n := h.unsaid
	if h.unsaid = 0; n == 0 {
		return ""
	}
	return fmt.Sprintf("… and %d more lines", n)
}
