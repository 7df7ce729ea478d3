package transfer

import "time"

const (
	secondStep   = 4     // connections at a time, unless the first alone turns out to be enough
	enoughRate   = 300e6 // bytes a second, about what checking and unpacking can follow
	paceInterval = 100 * time.Millisecond
)

// pace decides how many connections there may be at a time: one until it was seen how fast it is, more as long as they make the
// download faster, fewer where they are refused.
type pace struct {
	most, allowed int
	strikes       int       // refusals so far
	notBefore     time.Time // when to try more again after one
	frozen        bool

	since  time.Time // when allowed was changed
	from   int64     // the bytes that were there
	before float64   // bytes a second that came until then
	growth float64   // by which factor allowed was changed
}

func newPace(most int, done int64, now time.Time) pace {
	return pace{most: most, allowed: min(most, 1), since: now, from: done}
}

// grow lets more connections in unless the bytes come fast enough: after the first one in any case, then if those that joined last
// brought at least a quarter of what they could.
func (p *pace) grow(done int64, now time.Time) {
	if p.frozen || p.allowed >= p.most || now.Before(p.notBefore) || now.Sub(p.since) < paceInterval {
		return
	}
	rate := float64(done-p.from) / now.Sub(p.since).Seconds()
	isFirst := p.growth == 0 && p.strikes == 0
	if rate >= enoughRate || !isFirst && (rate == 0 || rate < p.before*(1+(p.growth-1)/4)) {
		return
	}
	next := p.allowed + 1
	if isFirst {
		next = min(secondStep, p.most)
	} else if p.strikes == 0 {
		next = min(2*p.allowed, p.most)
	}
	p.growth = float64(next) / float64(p.allowed)
	p.allowed, p.since, p.from, p.before = next, now, done, rate
}

// shrink is for a connection that failed while others go on. After a wait more are tried, if those have brought something.
func (p *pace) shrink(running int, wait time.Duration, done int64, now time.Time) {
	p.strikes++
	p.allowed, p.notBefore = running, now.Add(wait)
	p.since, p.from, p.before = now, done, 0
}

// freeze is for one that another try would not help.
func (p *pace) freeze(running int) { p.allowed, p.frozen = running, true }
