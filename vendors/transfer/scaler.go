package transfer

import "time"

const (
	secondStep    = 4     // connections after the first measurement
	enoughRate    = 300e6 // bytes a second, about what checking and unpacking can process
	scaleInterval = 100 * time.Millisecond
)

// scaler decides how many connections may fetch a file at a time. It starts with one and measures its rate. It allows
// more as long as they make the download faster, and fewer where the server refuses them.
type scaler struct {
	limit, allowed int
	failures       int
	notBefore      time.Time // when to allow more again after a failure
	frozen         bool

	since    time.Time // when allowed was changed
	doneThen int64     // the bytes that were present then
	rateThen float64   // bytes a second until then
	growth   float64   // the factor by which allowed was changed
}

func newScaler(limit int, done int64, now time.Time) scaler {
	return scaler{limit: limit, allowed: min(limit, 1), since: now, doneThen: done}
}

// grow allows more connections, unless the rate is high enough: after the first measurement in any case, later if the
// connections that were added last brought at least a quarter of the gain that was possible.
func (s *scaler) grow(done int64, now time.Time) {
	if s.frozen || s.allowed >= s.limit || now.Before(s.notBefore) || now.Sub(s.since) < scaleInterval {
		return
	}
	rate := float64(done-s.doneThen) / now.Sub(s.since).Seconds()
	isFirst := s.growth == 0 && s.failures == 0
	if rate >= enoughRate || !isFirst && (rate == 0 || rate < s.rateThen*(1+(s.growth-1)/4)) {
		return
	}
	next := s.allowed + 1
	if isFirst {
		next = min(secondStep, s.limit)
	} else if s.failures == 0 {
		next = min(2*s.allowed, s.limit)
	}
	s.growth = float64(next) / float64(s.allowed)
	s.allowed, s.since, s.doneThen, s.rateThen = next, now, done, rate
}

// shrink records that a connection failed while running others continue. After wait it allows more again, if those
// receive bytes.
func (s *scaler) shrink(running int, wait time.Duration, done int64, now time.Time) {
	s.failures++
	s.allowed, s.notBefore = running, now.Add(wait)
	s.since, s.doneThen, s.rateThen = now, done, 0
}

// freeze keeps the number of connections, after a failure that another try would not change.
func (s *scaler) freeze(running int) { s.allowed, s.frozen = running, true }
