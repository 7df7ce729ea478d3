package provisioner

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// flights are the operations that are under way in this process. Requests that ask for the same at the same time share one.
type flights struct {
	mu      sync.Mutex
	running map[string]*flight
}

// flight is one operation and those who wait for it. It goes on while anybody does.
type flight struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when result and err are there
	result Result
	err    error

	mu         sync.Mutex
	passengers map[*mailbox]bool
	landed     bool
	last       Event // that was told
}

// board joins the flight of a key, or has work begin one.
func (f *flights) board(ctx context.Context, key string, box *mailbox, work func(context.Context, *flight)) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	if under := f.running[key]; under != nil && under.join(box) {
		return under
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the first passenger
	started := &flight{cancel: cancel, done: make(chan struct{}), passengers: map[*mailbox]bool{box: true}}
	if f.running == nil {
		f.running = map[string]*flight{}
	}
	f.running[key] = started
	go func() {
		defer cancel()
		defer close(started.done)
		work(ctx, started)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.running[key] == started {
			delete(f.running, key)
		}
	}()
	return started
}

// join reports false for a flight that has ended, or that everybody left.
func (f *flight) join(box *mailbox) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.landed || len(f.passengers) == 0 {
		return false
	}
	f.passengers[box] = true
	return true
}

// leave takes a passenger off, and ends the operation if it was the last. From a flight that has landed nobody leaves: the
// end was told.
func (f *flight) leave(box *mailbox) (isLast, landed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.landed {
		return false, true
	}
	delete(f.passengers, box)
	if len(f.passengers) == 0 {
		f.cancel()
		return true, false
	}
	return false, false
}

// tell passes an event on to all passengers, without waiting for any. Nothing follows on the terminal event.
func (f *flight) tell(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.landed {
		return
	}
	f.last = e
	f.landed = e.Action.IsTerminal()
	for box := range f.passengers {
		box.post(e)
	}
}

// ride waits for the end of a flight, or for the end of ctx: then it returns at once if others ride on, and otherwise after the
// operation has ended.
func (f *flight) ride(ctx context.Context, box *mailbox) (Result, error) {
	select {
	case <-f.done:
		return f.result, f.err
	case <-ctx.Done():
	}
	isLast, landed := f.leave(box)
	if isLast || landed {
		<-f.done
	}
	switch {
	case landed:
		return f.result, f.err
	case isLast && f.err == nil: // it was faster
		box.post(f.own(f.result.done()))
		return f.result, nil
	}
	err := orCancelled(ctx, ctx.Err())
	box.post(f.own(Event{Action: ActionCancelled, Kind: Cancelled, Message: err.Error()}))
	return Result{}, err
}

// own makes e an event of the flight's operation.
func (f *flight) own(e Event) Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	e.Time, e.Operation, e.Type = time.Now().UTC(), f.last.Operation, f.last.Type
	return e
}

// flightKey is the same for requests that ask for the same.
func (r Request) flightKey(mode string) string {
	return fmt.Sprintf("%s %q %q %q %q %q %q %t %t %t %t", mode, r.Type, r.Constraint, r.Platform, r.Arch, r.Vendor, r.Verify, r.Offline, r.Refresh,
		r.Force, r.Strict)
}
