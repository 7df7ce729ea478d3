package progress

import (
	"fmt"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

const (
	maxFiles          = 100 // files that are followed; a build reports a new one for every package that it compiles
	maxRestarts       = 100 // how often a file may start again and still count as an advance
	messagesPerSecond = 50  // messages of a vendor that are passed on; a cached build prints many at once
)

// StallFilter separates real progress from repetition: a vendor that repeats itself is as idle as a silent one. It also
// limits the number of messages that are passed on.
//
// The zero value is ready to use. A StallFilter is used from one goroutine.
type StallFilter struct {
	files    map[string]provisioner.Progress // the furthest of each file
	restarts int
	message  string // the last one

	second     time.Time // in which messages are counted
	messages   int       // in that second
	suppressed int       // messages that were not passed on and not yet counted by Suppressed
}

// IsAdvance reports whether p is further than what was reported before.
func (f *StallFilter) IsAdvance(p provisioner.Progress) bool {
	if f.files == nil {
		f.files = map[string]provisioner.Progress{}
	}
	if p.Message != "" && (p.Message != f.message || p.File == "") {
		isNew := p.Message != f.message
		f.message = p.Message
		return isNew
	}
	before, known := f.files[p.File]
	isFurther := !known || p.Done > before.Done || p.Settled > before.Settled || p.Phase != before.Phase
	if p.Done < before.Done && f.restarts < maxRestarts {
		f.restarts++
		isFurther = true
	}
	if isFurther && len(f.files) <= maxFiles {
		f.files[p.File] = p
	}
	return isFurther
}

// Pass reports whether p is to be passed on at the time now. If messages were suppressed before, notice is a message
// that says how many; it is to be passed on first.
func (f *StallFilter) Pass(p provisioner.Progress, now time.Time) (notice string, ok bool) {
	if p.Message == "" {
		return "", true
	}
	if now.Sub(f.second) >= time.Second {
		f.second, f.messages = now, 0
		notice = f.Suppressed()
	}
	if f.messages++; f.messages > messagesPerSecond {
		f.suppressed++
		return "", false
	}
	return notice, true
}

// Suppressed returns a message that says how many messages were not passed on since the last one; empty if there were
// none.
func (f *StallFilter) Suppressed() string {
	n := f.suppressed
	if f.suppressed = 0; n == 0 {
		return ""
	}
	return fmt.Sprintf("… and %d more lines", n)
}
