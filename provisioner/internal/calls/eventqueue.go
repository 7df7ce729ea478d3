package calls

import (
	"slices"
	"sync"

	"github.com/rbee-keeper/provision/provisioner"
)

// maxWaiting bounds the events that wait for a slow receiver.
const maxWaiting = 1000

// EventQueue delivers events to one receiver in their order, from a goroutine of its own, so that a slow receiver
// delays nobody else. Of waiting progress events about one file only the newest is kept. If more than maxWaiting events
// wait nevertheless, the oldest progress event is dropped.
type EventQueue struct {
	deliver func(provisioner.Event)

	mu      sync.Mutex
	waiting []provisioner.Event
	busy    bool // a goroutine is delivering
	idle    *sync.Cond
}

// NewEventQueue returns a queue that calls deliver for each event. If deliver is nil, events are dropped.
func NewEventQueue(deliver func(provisioner.Event)) *EventQueue {
	q := &EventQueue{deliver: deliver}
	q.idle = sync.NewCond(&q.mu)
	return q
}

func (q *EventQueue) enqueue(e provisioner.Event) {
	if q.deliver == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if last := len(q.waiting) - 1; last >= 0 && replaces(e, q.waiting[last]) {
		q.waiting[last] = e
		return
	}
	q.waiting = append(q.waiting, e)
	if len(q.waiting) > maxWaiting {
		isProgress := func(e provisioner.Event) bool { return e.Action == provisioner.ActionProgress }
		oldest := max(slices.IndexFunc(q.waiting, isProgress), 0)
		q.waiting = slices.Delete(q.waiting, oldest, oldest+1)
	}
	if !q.busy {
		q.busy = true
		go q.deliverAll()
	}
}

// replaces reports whether newer contains everything that the older event reports.
func replaces(newer, older provisioner.Event) bool {
	return older.Action == provisioner.ActionProgress && newer.Action == provisioner.ActionProgress &&
		older.Operation == newer.Operation && older.Progress.Message == "" && older.Progress.File == newer.Progress.File
}

// deliverAll delivers what waits. The receiver may end this goroutine (a failing test calls runtime.Goexit): stop
// starts another one then.
func (q *EventQueue) deliverAll() {
	defer q.stop()
	for {
		e, ok := q.next()
		if !ok {
			return
		}
		q.deliver(e)
	}
}

// next removes and returns the oldest event; false if there is none.
func (q *EventQueue) next() (provisioner.Event, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return provisioner.Event{}, false
	}
	e := q.waiting[0]
	q.waiting = q.waiting[1:]
	return e, true
}

// stop runs at the end of the delivering goroutine. If events wait, it starts another goroutine.
func (q *EventQueue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) > 0 {
		go q.deliverAll()
		return
	}
	q.busy = false
	q.idle.Broadcast()
}

// Flush waits until every event was delivered.
func (q *EventQueue) Flush() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.busy {
		q.idle.Wait()
	}
}
