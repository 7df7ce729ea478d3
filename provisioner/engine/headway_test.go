package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/stretchr/testify/require"
)

func TestOnlyWhatGetsOnIsHeadway(t *testing.T) {
	var h headway
	at := func(done int64) provisioner.Progress { return provisioner.Progress{File: "a", Done: done, Total: 10} }
	require.True(t, h.isMade(at(1)))
	require.False(t, h.isMade(at(1)), "the same again")
	require.True(t, h.isMade(at(2)))
	require.True(t, h.isMade(provisioner.Progress{File: "b", Done: 1}))
	require.True(t, h.isMade(at(0)), "begun anew")
	require.True(t, h.isMade(at(1)))
	require.True(t, h.isMade(provisioner.Progress{Message: "compiling a"}))
	require.False(t, h.isMade(provisioner.Progress{Message: "compiling a"}))
	for range maxAnew {
		h.isMade(at(2))
		h.isMade(at(1))
	}
	h.isMade(at(2))
	require.False(t, h.isMade(at(1)), "to and fro")
	require.False(t, h.isMade(at(2)))
	require.True(t, h.isMade(at(3)))
}

func TestAFloodOfMessagesIsThinnedOutAndSaid(t *testing.T) {
	var h headway
	now := time.Unix(1, 0)
	passed := 0
	for i := range 1000 {
		missed, ok := h.passes(provisioner.Progress{Message: fmt.Sprint(i)}, now)
		require.Empty(t, missed)
		if ok {
			passed++
		}
		_, ok = h.passes(provisioner.Progress{File: "a", Done: int64(i)}, now)
		require.True(t, ok, "progress is another's to thin out")
	}
	require.Equal(t, messagesPerSecond, passed)
	missed, ok := h.passes(provisioner.Progress{Message: "later"}, now.Add(time.Second))
	require.True(t, ok)
	require.Equal(t, "… and 950 more lines", missed)
	require.Empty(t, h.missed())
}
