// Package chunk plans which connection fetches which bytes of a file. A Plan records the bytes that are still missing
// as chunks, gives one chunk to one connection at a time, and divides a chunk that would take too long.
//
// It transfers and writes nothing, and it starts no goroutine.
package chunk

import (
	"math"
	"slices"
	"sync"
	"time"
)

// Unknown is the size of a file, or the end of a body, whose length is not known.
const Unknown = math.MaxInt64

// MinShare is the smallest half, in bytes, into which a chunk is divided: fewer bytes are not worth a request.
const MinShare = 256 << 10

const (
	maxTimeLeft  = 500 * time.Millisecond // a chunk that needs more time is shared with a free connection
	maxSilence   = 3 * time.Second        // a chunk without a byte for this time is offered to a second connection
	unknownDelay = 1000 * time.Hour       // the time left of a chunk that receives nothing
)

// Span is a range of bytes of a file. To is the offset of the first byte after it.
type Span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Chunk is a range of missing bytes. One connection at a time fills it, from its first byte to its last. Another
// connection may take over its end, or all of it if the first one is silent.
type Chunk struct {
	at, end   int64 // the missing bytes; once the chunk is confirmed, only its connection moves at
	busy      bool  // a connection has it
	confirmed bool  // and the server has begun to send it
	start     int64 // the value of at when the connection took the chunk
	since     time.Time
	lastBytes time.Time
}

// At returns the offset of the first missing byte. Only the connection that fills the chunk may call it.
func (c *Chunk) At() int64 { return c.at }

// Progress describes how much of a file is present, in bytes.
type Progress struct {
	Done    int64 // all bytes that are present
	Settled int64 // the bytes that are present from the beginning of the file on, without a gap
	Total   int64 // the size of the file; 0 while it is unknown
}

// Plan records which bytes of a file are missing and which of them a connection is fetching. It is safe for concurrent
// use.
type Plan struct {
	size    int64 // of the file; may be Unknown
	segment int64 // the bytes that a connection takes at a time

	mu     sync.Mutex
	chunks []*Chunk // in the order of the file; an empty one is still with a connection, which will notice
}

// NewPlan returns the plan of a file of size bytes, which may be Unknown. The bytes in have are present; its spans must
// be in order and disjoint. A connection takes about segment bytes at a time.
func NewPlan(size, segment int64, have []Span) *Plan {
	p := &Plan{size: size, segment: segment}
	at := int64(0)
	for _, s := range have {
		p.add(at, s.From)
		at = s.To
	}
	p.add(at, size)
	return p
}

func (p *Plan) add(from, to int64) {
	if from < to {
		p.chunks = append(p.chunks, &Chunk{at: from, end: to})
	}
}

// Take gives a connection the first free chunk, cut to a segment. If no chunk is free, it divides the one that would be
// complete last. It returns the chunk and the bytes to ask the server for, or nil if there is nothing to do.
func (p *Plan) Take(now time.Time) (*Chunk, Span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.chunks, func(c *Chunk) bool { return !c.busy })
	if i < 0 {
		i = p.share(now)
	}
	if i < 0 {
		return nil, Span{}
	}
	c := p.chunks[i]
	if c.end-c.at > p.segment+p.segment/2 {
		p.split(i, c.at+p.segment)
	}
	c.busy, c.confirmed, c.start, c.since, c.lastBytes = true, false, c.at, now, now
	return c, Span{c.at, c.end}
}

// split divides the i-th chunk at an offset.
func (p *Plan) split(i int, at int64) {
	c := p.chunks[i]
	p.chunks = slices.Insert(p.chunks, i+1, &Chunk{at: at, end: c.end})
	c.end = at
}

// share divides the chunk that would be complete last and returns the index of the free half. It returns -1 if no chunk
// takes long.
func (p *Plan) share(now time.Time) int {
	slowest, longest := -1, maxTimeLeft
	for i, c := range p.chunks {
		if left := c.timeLeft(now); left > longest {
			slowest, longest = i, left
		}
	}
	if slowest < 0 {
		return -1
	}
	c := p.chunks[slowest]
	switch {
	case c.isSilent(now):
		p.split(slowest, c.at)
	case c.end-c.at >= 2*MinShare:
		p.split(slowest, c.at+(c.end-c.at)/2)
	default:
		return -1
	}
	return slowest + 1
}

func (c *Chunk) isSilent(now time.Time) bool { return now.Sub(c.lastBytes) > maxSilence }

// timeLeft estimates how long c still takes from the rate so far. It returns 0 while that rate is unknown.
func (c *Chunk) timeLeft(now time.Time) time.Duration {
	received, left := c.at-c.start, c.end-c.at
	switch {
	case left == 0:
		return 0
	case c.isSilent(now):
		return unknownDelay
	case received == 0:
		return 0
	}
	estimate := float64(now.Sub(c.since)) * float64(left) / float64(received)
	return time.Duration(min(estimate, float64(unknownDelay)))
}

// Confirm marks a chunk that the server has begun to send. It returns false if another connection took the chunk over
// in the meantime.
func (p *Plan) Confirm(c *Chunk, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.confirmed, c.since, c.lastBytes = true, now, now
	return c.at < c.end
}

// Room returns how many of the next n bytes belong to the chunk. The number becomes smaller when the chunk is divided.
func (p *Plan) Room(c *Chunk, n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int(min(int64(n), c.end-c.at))
}

// Wrote records that the next n bytes of a chunk are in the file.
func (p *Plan) Wrote(c *Chunk, n int, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.at = min(c.at+int64(n), c.end) // bytes that were given away during the write are not counted twice
	c.lastBytes = now
}

// Extend gives a connection whose body continues up to bodyEnd the bytes that follow its chunk. It leaves them to
// another connection whose chunk is confirmed; a request without an answer may still be refused. It reports whether
// the connection has bytes to fetch.
func (p *Plan) Extend(c *Chunk, bodyEnd int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.at < c.end {
		return true
	}
	rest := p.chunks[slices.Index(p.chunks, c)+1:]
	i := slices.IndexFunc(rest, func(c *Chunk) bool { return c.at < c.end })
	if i < 0 {
		return false
	}
	next := rest[i]
	end := min(next.end, next.at+p.segment)
	if next.busy {
		end = next.end
	}
	if next.at != c.end || end > bodyEnd || next.confirmed {
		return false
	}
	c.end, next.at = end, end
	if !next.busy && next.at == next.end {
		p.remove(next)
	}
	return true
}

// Release takes a chunk from its connection.
func (p *Plan) Release(c *Chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.busy, c.confirmed = false, false
	if c.at == c.end {
		p.remove(c)
	}
}

func (p *Plan) remove(c *Chunk) {
	p.chunks = slices.DeleteFunc(p.chunks, func(other *Chunk) bool { return c == other })
}

// Finish records that the file ends where c does, for a file whose size was unknown.
func (p *Plan) Finish(c *Chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size, c.end = c.at, c.at
	p.chunks = []*Chunk{c}
}

// Progress returns how much of the file is present.
func (p *Plan) Progress() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	progress := Progress{Done: p.size, Settled: p.size, Total: p.size}
	for _, c := range slices.Backward(p.chunks) {
		if c.at < c.end {
			progress.Done -= c.end - c.at
			progress.Settled = c.at
		}
	}
	if p.size == Unknown {
		progress.Total = 0
	}
	return progress
}

// IsComplete reports whether no byte is missing.
func (p *Plan) IsComplete() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !slices.ContainsFunc(p.chunks, func(c *Chunk) bool { return c.at < c.end })
}

// Have returns the bytes that are present, in order.
func (p *Plan) Have() (spans []Span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := int64(0)
	for _, c := range p.chunks {
		if c.at == c.end {
			continue
		}
		if at < c.at {
			spans = append(spans, Span{at, c.at})
		}
		at = c.end
	}
	if at < p.size {
		spans = append(spans, Span{at, p.size})
	}
	return spans
}
