package transfer

import (
	"math"
	"slices"
	"sync"
	"time"
)

// unknown is the end of a file or a body whose length is not known.
const unknown = math.MaxInt64

const (
	smallestShare = 256 << 10              // bytes; less is not worth a request
	longestTail   = 500 * time.Millisecond // what takes longer is shared with a connection that has nothing to do
	silence       = 3 * time.Second        // what brings nothing for so long is taken over, though it may still go on
	forever       = 1000 * time.Hour
)

// span is a run of bytes of a file: To is the first behind it.
type span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// piece is a run of missing bytes. One connection at a time fills it, from its front.
type piece struct {
	at, end   int64 // of what is missing; at is moved by the piece's connection alone, once it is proven
	busy      bool  // a connection has it
	proven    bool  // and the server has begun to answer it
	start     int64 // what at was when the connection took it
	since     time.Time
	lastBytes time.Time
}

// plan knows which bytes of a file are missing, and which of them are on their way. Many connections use it at once.
type plan struct {
	size    int64 // of the file, in bytes; may be unknown
	segment int64 // what a connection takes at a time, in bytes

	mu     sync.Mutex
	pieces []*piece // in the order of the file; an empty one is still with a connection, which will notice
}

// newPlan makes the plan of a file of which the bytes in have, in order and disjoint, are there.
func newPlan(size, segment int64, have []span) *plan {
	p := &plan{size: size, segment: segment}
	at := int64(0)
	for _, s := range have {
		p.add(at, s.From)
		at = s.To
	}
	p.add(at, size)
	return p
}

func (p *plan) add(from, to int64) {
	if from < to {
		p.pieces = append(p.pieces, &piece{at: from, end: to})
	}
}

// take returns the first piece that no connection has, cut to a segment, or a share of one that takes long, and which bytes it
// is; nil if there is nothing to do.
func (p *plan) take(now time.Time) (*piece, span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.pieces, func(x *piece) bool { return !x.busy })
	if i < 0 {
		i = p.share(now)
	}
	if i < 0 {
		return nil, span{}
	}
	x := p.pieces[i]
	if x.end-x.at > p.segment+p.segment/2 {
		p.split(i, x.at+p.segment)
	}
	x.busy, x.proven, x.start, x.since, x.lastBytes = true, false, x.at, now, now
	return x, span{x.at, x.end}
}

// split cuts the i-th piece in two.
func (p *plan) split(i int, at int64) {
	x := p.pieces[i]
	p.pieces = slices.Insert(p.pieces, i+1, &piece{at: at, end: x.end})
	x.end = at
}

// share frees a part of the piece that would be ready last, and returns its index; -1 if no piece takes long.
func (p *plan) share(now time.Time) int {
	slowest, longest := -1, longestTail
	for i, x := range p.pieces {
		if left := x.timeLeft(now); left > longest {
			slowest, longest = i, left
		}
	}
	if slowest < 0 {
		return -1
	}
	x := p.pieces[slowest]
	switch {
	case x.isSilent(now):
		p.split(slowest, x.at)
	case x.end-x.at >= 2*smallestShare:
		p.split(slowest, x.at+(x.end-x.at)/2)
	default:
		return -1
	}
	return slowest + 1
}

func (x *piece) isSilent(now time.Time) bool { return now.Sub(x.lastBytes) > silence }

// timeLeft is how long x will take, as far as can be told.
func (x *piece) timeLeft(now time.Time) time.Duration {
	came, left := x.at-x.start, x.end-x.at
	switch {
	case left == 0:
		return 0
	case x.isSilent(now):
		return forever
	case came == 0:
		return 0
	}
	return time.Duration(min(float64(now.Sub(x.since))*float64(left)/float64(came), float64(forever)))
}

// prove marks a piece whose connection brings it. It is false if the piece was taken over meanwhile.
func (p *plan) prove(x *piece, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	x.proven, x.since, x.lastBytes = true, now, now
	return x.at < x.end
}

// room is how many of n bytes at x.at belong to the piece; it shrinks when the piece is shared.
func (p *plan) room(x *piece, n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int(min(int64(n), x.end-x.at))
}

// wrote tells that the next n bytes of a piece are in the file.
func (p *plan) wrote(x *piece, n int, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x.at = min(x.at+int64(n), x.end) // what was shared while they were written is not counted twice
	x.lastBytes = now
}

// extend lets a connection whose body goes on, up to bodyEnd, have what follows its piece, unless another one brings that
// already: a mere request for it may still be refused. It reports whether there is anything to bring.
func (p *plan) extend(x *piece, bodyEnd int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.at < x.end {
		return true
	}
	i := slices.Index(p.pieces, x)
	next := slices.IndexFunc(p.pieces[i+1:], func(y *piece) bool { return y.at < y.end })
	if next < 0 {
		return false
	}
	y := p.pieces[i+1+next]
	end := min(y.end, y.at+p.segment)
	if y.busy {
		end = y.end
	}
	if y.at != x.end || end > bodyEnd || y.proven {
		return false
	}
	x.end, y.at = end, end
	if !y.busy && y.at == y.end {
		p.remove(y)
	}
	return true
}

// release takes a piece from its connection.
func (p *plan) release(x *piece) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x.busy, x.proven = false, false
	if x.at == x.end {
		p.remove(x)
	}
}

func (p *plan) remove(x *piece) {
	p.pieces = slices.DeleteFunc(p.pieces, func(y *piece) bool { return x == y })
}

// finish tells that the file ends where x does, which was not known before.
func (p *plan) finish(x *piece) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size, x.end = x.at, x.at
	p.pieces = []*piece{x}
}

// progress tells how much is there.
func (p *plan) progress() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	done, settled := p.size, p.size
	for _, x := range slices.Backward(p.pieces) {
		if x.at < x.end {
			done -= x.end - x.at
			settled = x.at
		}
	}
	if p.size == unknown {
		return Progress{Done: done, Settled: settled}
	}
	return Progress{Done: done, Settled: settled, Total: p.size}
}

// isComplete reports whether nothing is missing.
func (p *plan) isComplete() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !slices.ContainsFunc(p.pieces, func(x *piece) bool { return x.at < x.end })
}

// have lists what is there.
func (p *plan) have() (spans []span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := int64(0)
	for _, x := range p.pieces {
		if x.at == x.end {
			continue
		}
		if at < x.at {
			spans = append(spans, span{at, x.at})
		}
		at = x.end
	}
	if at < p.size {
		spans = append(spans, span{at, p.size})
	}
	return spans
}
