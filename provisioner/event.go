package provisioner

import (
	"time"

	"github.com/rbee-keeper/provision/catalog"
)

// Event reports one step of an operation. Time, Operation, Action and Type are always set; the Action says which other
// fields are.
type Event struct {
	Time      time.Time          `json:"time"`
	Operation string             `json:"operation,omitempty"` // the same for all events of one operation
	Action    Action             `json:"action"`
	Type      catalog.WorkerType `json:"worker_type,omitempty"`
	Vendor    string             `json:"vendor,omitempty"`
	Version   string             `json:"version,omitempty"`
	ID        string             `json:"id,omitempty"` // of the entry
	Fallback  bool               `json:"fallback,omitempty"`
	Progress  *Progress          `json:"progress,omitempty"`
	Rate      int64              `json:"bytes_per_second,omitempty"` // of Progress; 0 while unknown
	ETA       float64            `json:"eta_seconds,omitempty"`      // until Progress.Done is Total; 0 while unknown
	Message   string             `json:"message,omitempty"`
	Kind      Kind               `json:"kind,omitempty"`    // of the error in Message
	Hint      string             `json:"hint,omitempty"`    // what to do about it
	RetryAt   time.Time          `json:"retry_at,omitzero"` // when to try again; set for a rate limit
}

// Action is the kind of an Event.
type Action string

// The actions, with the fields that are set besides the common ones. Every operation ends with exactly one of
// ActionDone, ActionFailed and ActionCancelled.
const (
	ActionResolve  Action = "resolve"  // a vendor is asked: Vendor
	ActionSkip     Action = "skip"     // a vendor or candidate is not used: Vendor, Version, Kind, Message, RetryAt
	ActionFallback Action = "fallback" // the fallback sources are asked: Message is the reason
	ActionWait     Action = "wait"     // another process holds the entry's lock: ID, Message
	ActionFetch    Action = "fetch"    // a candidate is being fetched: Vendor, Version, ID, Message is the asset
	ActionProgress Action = "progress" // of the fetch: Vendor, ID, Progress, Rate, ETA
	ActionUnpack   Action = "unpack"   // the vendor has ended; the rest is verified and unpacked: Vendor, Version, ID
	ActionInstall  Action = "install"  // the entry is in the catalog: Vendor, Version, ID
	ActionWarn     Action = "warn"     // something is wrong and was worked around: Kind, Message, Hint, RetryAt

	ActionDone      Action = "done"      // the operation returns a worker: ID, Version, Fallback, Message is the Reason
	ActionFailed    Action = "failed"    // the operation returns an error: Kind, Message, Hint, RetryAt
	ActionCancelled Action = "cancelled" // the context ended first: Kind, Message
)

// IsTerminal reports whether an event with this action is the last one of its operation.
func (a Action) IsTerminal() bool {
	return a == ActionDone || a == ActionFailed || a == ActionCancelled
}
