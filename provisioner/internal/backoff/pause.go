package backoff

import (
	"math/rand/v2"
	"os"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// How long pauses are.
const (
	slowAnswer    = 3 * time.Second // longer than a refused try on a busy machine, shorter than a connection's timeout
	firstPause    = time.Minute
	SourceLimit   = time.Hour      // the longest pause of a source
	UnusableLimit = 24 * time.Hour // how long an unusable file is not fetched again
)

// pause is the fact that something failed and is left alone for a while.
type pause struct {
	Schema int              `json:"schema"`
	Until  time.Time        `json:"until"`
	Length time.Duration    `json:"length_ns,omitempty"` // the next pause is twice as long; of a source only
	Slow   bool             `json:"slow,omitempty"`      // the failure took long
	Kind   provisioner.Kind `json:"kind"`
	Reason string           `json:"reason"`
}

// Err returns the recorded failure while its pause lasts, else nil. A quick failure counts only if also is true. A
// pause that is longer than limit was written with a wrong clock and does not count.
func (f File) Err(also bool, limit time.Duration) *provisioner.Error {
	var p pause
	f.load(&p)
	left := time.Until(p.Until)
	if left <= 0 || left > limit || !p.Slow && !also {
		return nil
	}
	e := provisioner.Errorf(p.Kind, "%s; not tried again before %s", p.Reason,
		p.Until.Local().Format("2006-01-02 15:04:05 MST"))
	e.RetryAt = p.Until
	return e.WithHint("--refresh tries at once")
}

// Record starts or extends the pause after a failure that took this long, or ends it if err is nil.
func (f File) Record(took time.Duration, err error) {
	switch {
	case f == "":
	case err == nil:
		_ = os.Remove(string(f))
	default:
		var before pause
		f.load(&before)
		f.save(before.next(took, err))
	}
}

// RecordUnusable starts the pause of a file that is no usable worker. Its digest is a part of the key, so the file is
// the same as long as the pause applies.
func (f File) RecordUnusable(err error) {
	f.save(pause{Schema: schema, Until: time.Now().Add(UnusableLimit), Slow: true, Kind: provisioner.KindOf(err),
		Reason: provisioner.ReasonOf(err)})
}

// next is the pause after another failure: twice as long as p. A rate limit says itself how long it lasts; it ends for
// many machines at the same moment, so they return spread over the minute after it. No pause is longer than
// SourceLimit.
func (p pause) next(took time.Duration, err error) pause {
	now := time.Now()
	length := jittered(min(max(2*p.Length, firstPause), SourceLimit))
	next := pause{Schema: schema, Until: now.Add(length), Length: length, Slow: took >= slowAnswer,
		Kind: provisioner.KindOf(err), Reason: provisioner.ReasonOf(err)}
	if retry := provisioner.RetryAtOf(err); retry.After(next.Until) {
		next.Until = earlier(retry.Add(rand.N(firstPause)), now.Add(jittered(SourceLimit)))
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
