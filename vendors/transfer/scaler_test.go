package transfer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestScaler_allowsMoreConnectionsWhileTheyHelp(t *testing.T) {
	now, done := time.Unix(0, 0), int64(0)
	s := newScaler(16, done, now)
	pass := func(bytesPerSecond int64) int {
		now, done = now.Add(100*time.Millisecond), done+bytesPerSecond/10
		s.grow(done, now)
		return s.allowed
	}
	require.Equal(t, 1, s.allowed)
	require.Equal(t, 4, pass(0), "nothing arrived yet")
	require.Equal(t, 8, pass(80e6))
	require.Equal(t, 8, pass(45e6), "twice as many are not faster")
	require.Equal(t, 16, pass(200e6))
	require.Equal(t, 16, pass(250e6))

	s.shrink(9, time.Second, done, now)
	require.Equal(t, 9, pass(200e6))
	for range 8 {
		require.Equal(t, 9, pass(200e6), "before the wait is over")
	}
	require.Equal(t, 10, pass(200e6))
	s.freeze(10)
	now = now.Add(time.Hour)
	require.Equal(t, 10, pass(200e6))
}

func TestScaler_keepsOneConnectionThatIsFastEnough(t *testing.T) {
	now := time.Unix(0, 0)
	s := newScaler(16, 0, now)
	s.grow(enoughRate, now.Add(time.Second))
	require.Equal(t, 1, s.allowed)
}

func TestScaler_measuresAWholeInterval(t *testing.T) {
	now := time.Unix(0, 0)
	s := newScaler(16, 0, now)
	s.grow(1, now.Add(scaleInterval-1))
	require.Equal(t, 1, s.allowed)
}

func TestScaler_addsNothingWhileNothingArrives(t *testing.T) {
	now := time.Unix(0, 0)
	s := newScaler(16, 0, now)
	s.shrink(1, time.Second, 100, now)
	s.grow(100, now.Add(time.Hour))
	require.Equal(t, 1, s.allowed)
}
