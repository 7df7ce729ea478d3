package plugins

import (
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// progressInterval lets through about 15 events in a second for each file.
const progressInterval = time.Second / 15

// throttle passes on the first event at once, and after that at most the newest of each file per interval; the first
// intervals are shorter, so that what follows a file can begin. An event with a Message always passes, in its place,
// and so does one that takes back what had settled.
type throttle struct {
	interval time.Duration
	send     func(provisioner.Progress)

	mu       sync.Mutex
	held     []provisioner.Progress // the newest of each file, not yet sent
	settled  map[string]int64       // by file, as it was last told
	timer    *time.Timer            // runs for a pause after each sending; nil if none does
	pause    time.Duration          // twice the one before, up to interval
	finished bool
}

func newThrottle(interval time.Duration, send func(provisioner.Progress)) *throttle {
	return &throttle{interval: interval, send: send, pause: interval / 8}
}

func (t *throttle) report(p provisioner.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.finished:
	case t.takesBack(p), p.Message != "":
		t.flush()
		t.send(p)
	default:
		t.hold(p)
		if t.timer == nil {
			t.flush()
			t.timer = time.AfterFunc(t.pause, t.tick)
		}
	}
}

// takesBack reports whether p tells that bytes which had settled have not.
func (t *throttle) takesBack(p provisioner.Progress) bool {
	if p.Path == "" {
		return false
	}
	if t.settled == nil {
		t.settled = map[string]int64{}
	}
	before := t.settled[p.File]
	t.settled[p.File] = p.Settled
	return p.Settled < before
}

// finish sends what is held; nothing passes after it.
func (t *throttle) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush()
	t.finished = true
	if t.timer != nil {
		t.timer.Stop()
	}
}

// tick ends an interval: it sends what came during it, and ends the pause if nothing did.
func (t *throttle) tick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished || len(t.held) == 0 {
		t.timer = nil
		return
	}
	t.flush()
	t.pause = min(2*t.pause, t.interval)
	t.timer.Reset(t.pause)
}

func (t *throttle) hold(p provisioner.Progress) {
	for i, older := range t.held {
		if older.File == p.File {
			t.held[i] = p
			return
		}
	}
	t.held = append(t.held, p)
}

func (t *throttle) flush() {
	for _, p := range t.held {
		t.send(p)
	}
	t.held = t.held[:0]
}
