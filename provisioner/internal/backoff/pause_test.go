package backoff

import (
	"testing"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/stretchr/testify/require"
)

func TestPause_growsUpToALimitAndFollowsRateLimits(t *testing.T) {
	slow, quick := 4*time.Second, time.Millisecond
	unreachable := provisioner.Errorf(provisioner.Unreachable, "dial: timeout")

	first := pause{}.next(slow, unreachable)
	require.True(t, first.Slow)
	require.InDelta(t, firstPause, first.Length, float64(firstPause)/8)
	second := first.next(slow, unreachable)
	require.Greater(t, second.Length, first.Length)
	capped := pause{Length: SourceLimit}.next(slow, unreachable)
	require.LessOrEqual(t, capped.Length, SourceLimit)
	require.False(t, first.next(quick, unreachable).Slow)

	limited := provisioner.Errorf(provisioner.RateLimited, "rate limit exceeded")
	limited.RetryAt = time.Now().Add(30 * time.Minute)
	until := first.next(quick, limited).Until
	require.WithinRange(t, until, limited.RetryAt, limited.RetryAt.Add(time.Minute))
	require.NotEqual(t, until, first.next(quick, limited).Until, "a fleet does not return at the same moment")
}
