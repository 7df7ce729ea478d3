package transfer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPaceLetsConnectionsInWhileTheyHelp(t *testing.T) {
	now, done := time.Unix(0, 0), int64(0)
	p := newPace(16, done, now)
	pass := func(bytesPerSecond int64) int {
		now, done = now.Add(100*time.Millisecond), done+bytesPerSecond/10
		p.grow(done, now)
		return p.allowed
	}
	require.Equal(t, 1, p.allowed)
	require.Equal(t, 4, pass(0), "nothing came yet")
	require.Equal(t, 8, pass(80e6))
	require.Equal(t, 8, pass(45e6), "twice as many bring no more")
	require.Equal(t, 16, pass(200e6))
	require.Equal(t, 16, pass(250e6))

	p.shrink(9, time.Second, done, now)
	require.Equal(t, 9, pass(200e6))
	for range 8 {
		require.Equal(t, 9, pass(200e6), "before the wait is over")
	}
	require.Equal(t, 10, pass(200e6))
	p.freeze(10)
	now = now.Add(time.Hour)
	require.Equal(t, 10, pass(200e6))
}

func TestPaceLeavesAloneWhatIsFastEnough(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPace(16, 0, now)
	p.grow(enoughRate, now.Add(time.Second))
	require.Equal(t, 1, p.allowed)
}

func TestPaceLooksAtAWholeInterval(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPace(16, 0, now)
	p.grow(1, now.Add(paceInterval-1))
	require.Equal(t, 1, p.allowed)
}

func TestPaceTriesNoMoreWhileNothingComes(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPace(16, 0, now)
	p.shrink(1, time.Second, 100, now)
	p.grow(100, now.Add(time.Hour))
	require.Equal(t, 1, p.allowed)
}
