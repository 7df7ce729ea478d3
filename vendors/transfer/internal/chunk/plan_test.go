package chunk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlan_sharesAChunkThatTakesLong(t *testing.T) {
	now := time.Unix(0, 0)
	p := NewPlan(8<<20, 8<<20, nil)
	slow, _ := p.Take(now)
	require.True(t, p.Confirm(slow, now))
	p.Wrote(slow, 1<<20, now.Add(100*time.Millisecond))
	at := now.Add(110 * time.Millisecond) // 0.7 s are left
	none, _ := NewPlan(0, 1, nil).Take(at)
	require.Nil(t, none)
	helper, s := p.Take(at)
	require.NotNil(t, helper)
	require.Equal(t, Span{9 << 19, 8 << 20}, s)
	require.Equal(t, int64(9<<19), slow.end)
	another, _ := p.Take(at) // 0.35 s, and one of which nothing is known yet
	require.Nil(t, another)
}

func TestPlan_takesOverASilentChunk(t *testing.T) {
	now := time.Unix(0, 0)
	p := NewPlan(1000, 1000, nil)
	silent, _ := p.Take(now)
	require.True(t, p.Confirm(silent, now))
	p.Wrote(silent, 100, now)
	helper, s := p.Take(now.Add(maxSilence + 1))
	require.Equal(t, Span{100, 1000}, s)
	require.True(t, p.Extend(silent, 1000), "it may still win while the other one has no answer")
	require.False(t, p.Confirm(helper, now))
	p.Wrote(silent, 900, now)
	require.True(t, p.IsComplete())
}

func TestPlan_leavesAChunkToTheConnectionThatReceivesIt(t *testing.T) {
	now := time.Unix(0, 0)
	p := NewPlan(30, 10, nil)
	first, _ := p.Take(now)
	second, _ := p.Take(now)
	require.True(t, p.Confirm(first, now))
	require.True(t, p.Confirm(second, now))
	p.Wrote(first, 10, now)
	require.False(t, p.Extend(first, 30))
	p.Wrote(second, 5, now)
	require.Equal(t, Progress{Done: 15, Settled: 15, Total: 30}, p.Progress())
	require.Equal(t, []Span{{0, 15}}, p.Have())
	p.Release(first)
	require.True(t, p.Extend(second, 30))
}

// FuzzPlan simulates connections that take, write, fail and are taken over in any order. It checks that each byte which
// counts was written, and that the file can always be completed.
func FuzzPlan(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add([]byte{0, 0, 0, 2, 2, 18, 18, 3, 4, 34, 5, 5, 1, 1, 50, 50, 3})
	f.Fuzz(func(t *testing.T, moves []byte) {
		const size, segment = 4 << 20, 1 << 19
		const unit = 1 << 15 // all offsets are multiples of it
		now := time.Unix(0, 0)
		p := NewPlan(size, segment, []Span{{unit, 2 * unit}})
		var written [size / unit]bool
		written[1] = true
		var busy []*Chunk
		move := func(kind, which int) {
			now = now.Add(300 * time.Millisecond)
			if kind == 0 || len(busy) == 0 {
				if x, s := p.Take(now); x != nil {
					require.Less(t, s.From, s.To)
					busy = append(busy, x)
				}
				return
			}
			i := which % len(busy)
			x := busy[i]
			switch {
			case kind == 1:
				p.Release(x)
				busy = append(busy[:i], busy[i+1:]...)
			case !x.confirmed && !p.Confirm(x, now), !p.Extend(x, size):
				p.Release(x)
				busy = append(busy[:i], busy[i+1:]...)
			default:
				n := p.Room(x, 2*unit)
				require.Positive(t, n)
				for at := x.at; at < x.at+int64(n); at += unit {
					written[at/unit] = true
				}
				p.Wrote(x, n, now)
			}
		}
		check := func() {
			total := int64(0)
			for _, s := range p.Have() {
				for at := s.From; at < s.To; at += unit {
					require.True(t, written[at/unit], "byte %d counts but was not written", at)
				}
				total += s.To - s.From
			}
			require.Equal(t, total, p.Progress().Done)
		}
		for _, m := range moves {
			move(int(m%4), int(m/4))
			check()
		}
		for range 1000 {
			if p.IsComplete() {
				break
			}
			move(0, 0)
			for i := range len(busy) {
				move(2, i)
			}
			check()
		}
		require.True(t, p.IsComplete())
	})
}
