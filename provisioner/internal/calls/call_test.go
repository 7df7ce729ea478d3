package calls

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestWait_deliversOneEndToWhoeverCancelsOnTheTerminalEvent(t *testing.T) {
	for name, others := range map[string]int{"alone": 0, "with another subscriber": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { cancelOnTerminalEvent(t, others) })
		})
	}
}

func cancelOnTerminalEvent(t *testing.T, others int) {
	ctx, cancel := context.WithCancel(t.Context())
	var received []provisioner.Action
	queue := NewEventQueue(func(e provisioner.Event) {
		received = append(received, e.Action)
		cancel()
	})
	subscribed, finish := make(chan struct{}), make(chan struct{})
	var group Group
	call := group.Join(ctx, "key", queue, func(_ context.Context, c *Call) (result provisioner.Result, err error) {
		<-subscribed
		c.Publish(provisioner.Event{Action: provisioner.ActionDone})
		<-finish
		result.Worker.ID = "worker"
		return result, nil
	})
	for range others {
		require.True(t, call.subscribe(NewEventQueue(nil)))
	}
	close(subscribed)
	go func() {
		synctest.Wait() // until Wait has seen the end of ctx
		close(finish)
	}()
	result, err := call.Wait(ctx, queue)
	queue.Flush()
	require.NoError(t, err)
	require.Equal(t, "worker", result.Worker.ID)
	require.Equal(t, []provisioner.Action{provisioner.ActionDone}, received)
}
