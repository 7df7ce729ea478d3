package spawn

import "sync"

// Event tells what happens to a worker.
type Event struct {
	Action  Action `json:"action"`
	Worker  string `json:"worker"`         // its ID
	Entry   string `json:"entry"`          // ID of the catalog's entry
	PID     int    `json:"pid,omitempty"`  // once there is a process
	Port    int    `json:"port,omitempty"` // once it is chosen
	Message string `json:"message"`        // for people
}

// Action is the kind of an Event.
type Action string

// The actions. A start ends with ActionReady or with an error; what became ready ends with ActionExited.
const (
	ActionStarting Action = "starting" // the entry is leased and looked at
	ActionPort     Action = "port"     // a port is chosen
	ActionWaiting  Action = "waiting"  // the process runs, and is not ready yet
	ActionRetry    Action = "retry"    // another took the port; another one is tried
	ActionReady    Action = "ready"    // it serves
	ActionStopping Action = "stopping" // Stop was called
	ActionExited   Action = "exited"   // it has ended, by itself or not
	ActionWarn     Action = "warn"     // something is not as it should be, and is worked around
)

// events calls a callback from one goroutine at a time.
type events struct {
	mu     sync.Mutex
	handle func(Event) // may be nil
}

func (e *events) tell(event Event) {
	if e.handle == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.handle(event)
}
