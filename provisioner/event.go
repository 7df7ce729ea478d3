package provisioner

import (
	"time"

	"github.com/rbee-keeper/provision/catalog"
)

// Event tells what an operation does. Which fields are set depends on its Action.
type Event struct {
	Time      time.Time          `json:"time"`
	Operation string             `json:"operation,omitempty"` // the same for all events of one operation
	Action    Action             `json:"action"`
	Type      catalog.WorkerType `json:"worker_type,omitempty"`
	Vendor    string             `json:"vendor,omitempty"`
	Version   string             `json:"version,omitempty"`
	ID        string             `json:"id,omitempty"`
	Fallback  bool               `json:"fallback,omitempty"`
	Progress  *Progress          `json:"progress,omitempty"`
	Rate      int64              `json:"bytes_per_second,omitempty"` // of the progress; 0 is not known yet
	ETA       float64            `json:"eta_seconds,omitempty"`      // until Progress.Done is Total; 0 is unknown
	Message   string             `json:"message,omitempty"`
	Kind      Kind               `json:"kind,omitempty"`    // of the error that Message tells of
	Hint      string             `json:"hint,omitempty"`    // what to do about it
	RetryAt   time.Time          `json:"retry_at,omitzero"` // when to try again, of a rate limit
}

// Action is the kind of an Event.
type Action string

// The actions. Every operation ends with exactly one of ActionDone, ActionFailed and ActionCancelled.
const (
	ActionResolve   Action = "resolve"   // a vendor is asked
	ActionSkip      Action = "skip"      // a vendor or candidate is passed over; Kind and Message tell why
	ActionFallback  Action = "fallback"  // the fallback sources are turned to; Message tells why
	ActionWait      Action = "wait"      // another process holds the entry's lock
	ActionFetch     Action = "fetch"     // a candidate is being fetched
	ActionProgress  Action = "progress"  // of the fetch
	ActionUnpack    Action = "unpack"    // what was fetched is verified and unpacked
	ActionInstall   Action = "install"   // the entry is in the catalog
	ActionWarn      Action = "warn"      // something is not as it should be, and is worked around
	ActionDone      Action = "done"      // a worker is there
	ActionFailed    Action = "failed"    // none is
	ActionCancelled Action = "cancelled" // the context was done first
)

// IsTerminal reports whether an event with this action is the last of its operation.
func (a Action) IsTerminal() bool {
	return a == ActionDone || a == ActionFailed || a == ActionCancelled
}
