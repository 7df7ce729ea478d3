package provisioner

import (
	"slices"
	"sync"
)

// maxWaiting bounds the events that wait for a slow receiver.
const maxWaiting = 1000

// mailbox hands events to one receiver in their order, from a goroutine of its own, so that a slow one holds up nothing. Of
// progress that waits only the newest is kept; where too much waits all the same, the oldest progress is dropped.
type mailbox struct {
	deliver func(Event)

	mu      sync.Mutex
	waiting []Event
	busy    bool
	idle    *sync.Cond
}

func newMailbox(deliver func(Event)) *mailbox {
	m := &mailbox{deliver: deliver}
	m.idle = sync.NewCond(&m.mu)
	return m
}

func (m *mailbox) post(e Event) {
	if m.deliver == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := len(m.waiting) - 1; last >= 0 && m.waiting[last].isOutdatedBy(e) {
		m.waiting[last] = e
		return
	}
	m.waiting = append(m.waiting, e)
	if len(m.waiting) > maxWaiting {
		oldest := max(slices.IndexFunc(m.waiting, func(e Event) bool { return e.Action == ActionProgress }), 0)
		m.waiting = slices.Delete(m.waiting, oldest, oldest+1)
	}
	if !m.busy {
		m.busy = true
		go m.empty()
	}
}

// isOutdatedBy reports whether newer tells all that e does.
func (e Event) isOutdatedBy(newer Event) bool {
	return e.Action == ActionProgress && newer.Action == ActionProgress && e.Operation == newer.Operation &&
		e.Progress.Message == "" && e.Progress.File == newer.Progress.File
}

// empty delivers what waits. It ends also where the receiver ends its goroutine.
func (m *mailbox) empty() {
	defer m.rest()
	for {
		e, ok := m.next()
		if !ok {
			return
		}
		m.deliver(e)
	}
}

// next takes out the oldest event; false if there is none.
func (m *mailbox) next() (Event, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) == 0 {
		return Event{}, false
	}
	e := m.waiting[0]
	m.waiting = m.waiting[1:]
	return e, true
}

// rest is the end of the goroutine; what came meanwhile, or is left because of the receiver, another one delivers.
func (m *mailbox) rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) > 0 {
		go m.empty()
		return
	}
	m.busy = false
	m.idle.Broadcast()
}

// flush waits until all was delivered.
func (m *mailbox) flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.busy {
		m.idle.Wait()
	}
}
