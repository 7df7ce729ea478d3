package progress

import (
	"fmt"
	"testing"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/stretchr/testify/require"
)

func TestStallFilter_countsOnlyAdvances(t *testing.T) {
	var f StallFilter
	at := func(done int64) provisioner.Progress { return provisioner.Progress{File: "a", Done: done, Total: 10} }
	require.True(t, f.IsAdvance(at(1)))
	require.False(t, f.IsAdvance(at(1)), "the same again")
	require.True(t, f.IsAdvance(at(2)))
	require.True(t, f.IsAdvance(provisioner.Progress{File: "b", Done: 1}))
	require.True(t, f.IsAdvance(at(0)), "started again")
	require.True(t, f.IsAdvance(at(1)))
	require.True(t, f.IsAdvance(provisioner.Progress{Message: "compiling a"}))
	require.False(t, f.IsAdvance(provisioner.Progress{Message: "compiling a"}))
	for range maxRestarts {
		f.IsAdvance(at(2))
		f.IsAdvance(at(1))
	}
	f.IsAdvance(at(2))
	require.False(t, f.IsAdvance(at(1)), "to and fro")
	require.False(t, f.IsAdvance(at(2)))
	require.True(t, f.IsAdvance(at(3)))
}

func TestStallFilter_limitsMessagesAndReportsHowMany(t *testing.T) {
	var f StallFilter
	now := time.Unix(1, 0)
	passed := 0
	for i := range 1000 {
		notice, ok := f.Pass(provisioner.Progress{Message: fmt.Sprint(i)}, now)
		require.Empty(t, notice)
		if ok {
			passed++
		}
		_, ok = f.Pass(provisioner.Progress{File: "a", Done: int64(i)}, now)
		require.True(t, ok, "only messages are limited")
	}
	require.Equal(t, messagesPerSecond, passed)
	notice, ok := f.Pass(provisioner.Progress{Message: "later"}, now.Add(time.Second))
	require.True(t, ok)
	require.Equal(t, "… and 950 more lines", notice)
	require.Empty(t, f.Suppressed())
}
