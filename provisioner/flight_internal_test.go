package provisioner

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestWhoCancelsWhenToldTheEndIsToldNoOther(t *testing.T) {
	for name, companions := range map[string]int{"alone": 0, "with another": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { cancelAtTheEnd(t, companions) })
		})
	}
}

func cancelAtTheEnd(t *testing.T, companions int) {
	ctx, cancel := context.WithCancel(t.Context())
	var told []Action
	box := newMailbox(func(e Event) {
		told = append(told, e.Action)
		cancel()
	})
	boarded, end := make(chan struct{}), make(chan struct{})
	var all flights
	f := all.board(ctx, "key", box, func(_ context.Context, f *flight) {
		<-boarded
		f.tell(Event{Action: ActionDone})
		<-end
		f.result.Worker.ID = "worker"
	})
	for range companions {
		require.True(t, f.join(newMailbox(nil)))
	}
	close(boarded)
	go func() {
		synctest.Wait() // until ride saw that ctx is done
		close(end)
	}()
	result, err := f.ride(ctx, box)
	box.flush()
	require.NoError(t, err)
	require.Equal(t, "worker", result.Worker.ID)
	require.Equal(t, []Action{ActionDone}, told)
}
