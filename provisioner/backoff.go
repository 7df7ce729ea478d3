package provisioner

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// A source that could not be reached, and was slow to say so, is not asked again for a while: else every run on a machine whose
// packets are dropped would wait for the same timeout. One that refuses at once costs nothing, and is always asked.
const (
	slowAnswer  = 3 * time.Second // longer than refused tries on a busy machine, shorter than a connection's timeout
	firstPause  = time.Minute
	longestWait = time.Hour
)

// pause is the record of a source that is left alone. It is kept in the state folder, which may be lost.
type pause struct {
	Until  time.Time     `json:"until"`
	Length time.Duration `json:"length_ns"`
	Kind   Kind          `json:"kind"`
	Reason string        `json:"reason"`
}

// pauseFile is where the pause of s is recorded; any change of its configuration ends it.
func (op *operation) pauseFile(s Source) string {
	if op.opts.StateDir == "" {
		return ""
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", s.Key, s.Config, s.With))
	return filepath.Join(op.opts.StateDir, "paused", fmt.Sprintf("%x.json", key[:16]))
}

// readPause returns the last pause of s, which may be over; zero if there is none.
func (op *operation) readPause(s Source) (p pause) {
	data, err := os.ReadFile(op.pauseFile(s))
	if err != nil || json.Unmarshal(data, &p) != nil {
		return pause{}
	}
	return p
}

// paused returns an error while s is to be left alone.
func (op *operation) paused(s Source) error {
	p := op.readPause(s)
	left := time.Until(p.Until)
	if op.req.Refresh || left <= 0 || left > longestWait { // longer, and a clock was wrong
		return nil
	}
	e := Errorf(p.Kind, "%s; not asked again before %s", p.Reason, p.Until.Local().Format(time.DateTime))
	e.RetryAt, e.Vendor = p.Until, s.Vendor
	return e.WithHint("--refresh asks at once")
}

// notePause records or ends the pause of s after it was asked. What can't be recorded is asked again; no harm is done.
func (op *operation) notePause(s Source, took time.Duration, err error) {
	file := op.pauseFile(s)
	if file == "" || KindOf(err) == Cancelled {
		return
	}
	p, ok := op.readPause(s).next(took, err)
	if !ok {
		_ = os.Remove(file)
		return
	}
	data, err := json.Marshal(p)
	if err != nil || os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	if os.WriteFile(file+".new", data, 0o600) == nil {
		_ = os.Rename(file+".new", file)
	}
}

// next is the pause that follows on p after an answer: as long as a rate limit tells, or twice as long as the last with some
// jitter, so that a fleet does not come back at one moment.
func (p pause) next(took time.Duration, err error) (pause, bool) {
	now := time.Now()
	next := pause{Kind: KindOf(err)}
	switch {
	case next.Kind == RateLimited && retryAt(err).After(now):
		next.Length = min(retryAt(err).Sub(now), longestWait)
	case (next.Kind == Unreachable || next.Kind == PluginFault) && took >= slowAnswer:
		next.Length = min(max(2*p.Length, firstPause), longestWait)
		next.Length -= rand.N(next.Length / 8)
	default:
		return pause{}, false
	}
	next.Until, next.Reason = now.Add(next.Length), plainMessage(err)
	return next, true
}
