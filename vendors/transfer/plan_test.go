package transfer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlanSharesAPieceThatTakesLong(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPlan(8<<20, 8<<20, nil)
	slow, _ := p.take(now)
	require.True(t, p.prove(slow, now))
	p.wrote(slow, 1<<20, now.Add(100*time.Millisecond))
	at := now.Add(110 * time.Millisecond) // 0.7 s are left
	none, _ := newPlan(0, 1, nil).take(at)
	require.Nil(t, none)
	helper, s := p.take(at)
	require.NotNil(t, helper)
	require.Equal(t, span{9 << 19, 8 << 20}, s)
	require.Equal(t, int64(9<<19), slow.end)
	another, _ := p.take(at) // 0.35 s, and one of which nothing is known yet
	require.Nil(t, another)
}

func TestPlanTakesOverAPieceThatIsSilent(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPlan(1000, 1000, nil)
	silent, _ := p.take(now)
	require.True(t, p.prove(silent, now))
	p.wrote(silent, 100, now)
	helper, s := p.take(now.Add(silence + 1))
	require.Equal(t, span{100, 1000}, s)
	require.True(t, p.extend(silent, 1000), "it may still win while the other one only asks")
	require.False(t, p.prove(helper, now))
	p.wrote(silent, 900, now)
	require.True(t, p.isComplete())
}

func TestPlanLeavesAPieceToTheConnectionThatBringsIt(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPlan(30, 10, nil)
	first, _ := p.take(now)
	second, _ := p.take(now)
	require.True(t, p.prove(first, now))
	require.True(t, p.prove(second, now))
	p.wrote(first, 10, now)
	require.False(t, p.extend(first, 30))
	p.wrote(second, 5, now)
	require.Equal(t, Progress{Done: 15, Settled: 15, Total: 30}, p.progress())
	require.Equal(t, []span{{0, 15}}, p.have())
	p.release(first)
	require.True(t, p.extend(second, 30))
}

// FuzzPlan plays connections that take, write, fail and are taken over in any order, and holds that each byte which counts was
// written, and that there is always a way to the end.
func FuzzPlan(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add([]byte{0, 0, 0, 2, 2, 18, 18, 3, 4, 34, 5, 5, 1, 1, 50, 50, 3})
	f.Fuzz(func(t *testing.T, moves []byte) {
		const size, segment = 4 << 20, 1 << 19
		const unit = 1 << 15 // what everything is a multiple of
		now := time.Unix(0, 0)
		p := newPlan(size, segment, []span{{unit, 2 * unit}})
		var written [size / unit]bool
		written[1] = true
		var busy []*piece
		move := func(kind, which int) {
			now = now.Add(300 * time.Millisecond)
			if kind == 0 || len(busy) == 0 {
				if x, s := p.take(now); x != nil {
					require.Less(t, s.From, s.To)
					busy = append(busy, x)
				}
				return
			}
			i := which % len(busy)
			x := busy[i]
			switch {
			case kind == 1:
				p.release(x)
				busy = append(busy[:i], busy[i+1:]...)
			case !x.proven && !p.prove(x, now), !p.extend(x, size):
				p.release(x)
				busy = append(busy[:i], busy[i+1:]...)
			default:
				n := p.room(x, 2*unit)
				require.Positive(t, n)
				for at := x.at; at < x.at+int64(n); at += unit {
					written[at/unit] = true
				}
				p.wrote(x, n, now)
			}
		}
		check := func() {
			total := int64(0)
			for _, s := range p.have() {
				for at := s.From; at < s.To; at += unit {
					require.True(t, written[at/unit], "byte %d counts and was not written", at)
				}
				total += s.To - s.From
			}
			require.Equal(t, total, p.progress().Done)
		}
		for _, m := range moves {
			move(int(m%4), int(m/4))
			check()
		}
		for range 1000 {
			if p.isComplete() {
				break
			}
			move(0, 0)
			for i := range len(busy) {
				move(2, i)
			}
			check()
		}
		require.True(t, p.isComplete())
	})
}
