package calls

import (
	"context"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// Group holds the calls that are running in this process. Its zero value is ready to use.
type Group struct {
	mu      sync.Mutex
	running map[string]*Call
}

// Call is one run of the work and its subscribers. It runs as long as it has at least one.
type Call struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when result and err are set
	result provisioner.Result
	err    error

	mu          sync.Mutex
	subscribers map[*EventQueue]bool
	ended       bool              // the terminal event was published
	last        provisioner.Event // the newest published one
}

// Work is what a call runs. It publishes its events, the terminal one last, with c.Publish.
type Work func(ctx context.Context, c *Call) (provisioner.Result, error)

// Join subscribes queue to the running call with this key, or starts one that runs work. The context of work keeps the
// values of ctx, but not its end: the call outlives the request that started it.
func (g *Group) Join(ctx context.Context, key string, queue *EventQueue, work Work) *Call {
	g.mu.Lock()
	defer g.mu.Unlock()
	if running := g.running[key]; running != nil && running.subscribe(queue) {
		return running
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	started := &Call{cancel: cancel, done: make(chan struct{}), subscribers: map[*EventQueue]bool{queue: true}}
	if g.running == nil {
		g.running = map[string]*Call{}
	}
	g.running[key] = started
	go func() {
		defer cancel()
		defer close(started.done)
		started.result, started.err = work(ctx, started)
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.running[key] == started {
			delete(g.running, key)
		}
	}()
	return started
}

// subscribe returns false if the call has ended or has lost all its subscribers, and so is being cancelled.
func (c *Call) subscribe(queue *EventQueue) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || len(c.subscribers) == 0 {
		return false
	}
	c.subscribers[queue] = true
	return true
}

// unsubscribe removes a subscriber and cancels the call if it was the last one. It does nothing once the call has
// ended, because the subscriber has received the terminal event already.
func (c *Call) unsubscribe(queue *EventQueue) (wasLast, ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false, true
	}
	delete(c.subscribers, queue)
	if len(c.subscribers) == 0 {
		c.cancel()
		return true, false
	}
	return false, false
}

// Publish passes an event to every subscriber without waiting for any of them. Events after the terminal one are
// dropped.
func (c *Call) Publish(e provisioner.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.last = e
	c.ended = e.Action.IsTerminal()
	for queue := range c.subscribers {
		queue.enqueue(e)
	}
}

// Wait returns the result of the call. If ctx ends first, Wait unsubscribes queue and returns an error of kind
// Cancelled: at once if the call has other subscribers, otherwise after the work has ended.
func (c *Call) Wait(ctx context.Context, queue *EventQueue) (provisioner.Result, error) {
	select {
	case <-c.done:
		return c.result, c.err
	case <-ctx.Done():
	}
	wasLast, ended := c.unsubscribe(queue)
	if wasLast || ended {
		<-c.done
	}
	switch {
	case ended:
		return c.result, c.err
	case wasLast && c.err == nil: // the work was faster than the cancellation
		queue.enqueue(c.complete(DoneEvent(c.result)))
		return c.result, nil
	}
	err := provisioner.CancelledError(ctx.Err())
	queue.enqueue(c.complete(provisioner.Event{
		Action: provisioner.ActionCancelled, Kind: provisioner.Cancelled, Message: err.Error(),
	}))
	return provisioner.Result{}, err
}

// complete sets the fields of e that all events of the call share.
func (c *Call) complete(e provisioner.Event) provisioner.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.Time, e.Operation, e.Type = time.Now().UTC(), c.last.Operation, c.last.Type
	return e
}

// DoneEvent is the terminal event of an operation that returned r.
func DoneEvent(r provisioner.Result) provisioner.Event {
	return provisioner.Event{Action: provisioner.ActionDone, ID: r.Worker.ID, Version: r.Worker.Version,
		Fallback: r.Fallback, Message: r.Reason}
}
