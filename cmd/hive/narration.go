package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog/plainjson"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/spawn"
)

// narration is one thing that is told of an operation: a line of a job's stream, in the Rust hive's vocabulary of
// actions.
type narration struct {
	Time    time.Time `json:"time"`
	JobID   string    `json:"job_id,omitempty"`
	Action  string    `json:"action"`
	Message string    `json:"message"` // for a person

	Vendor  string           `json:"vendor,omitempty"`
	Version string           `json:"version,omitempty"`
	Entry   string           `json:"entry,omitempty"` // ID in the catalog
	File    string           `json:"file,omitempty"`  // what is being downloaded
	Done    int64            `json:"done,omitempty"`  // bytes
	Total   int64            `json:"total,omitempty"` // bytes; 0 is unknown
	Rate    int64            `json:"bytes_per_second,omitempty"`
	ETA     float64          `json:"eta_seconds,omitempty"`
	Kind    provisioner.Kind `json:"kind,omitempty"`    // of the error that Message tells of
	Hint    string           `json:"hint,omitempty"`    // what to do about it
	RetryAt time.Time        `json:"retry_at,omitzero"` // when to try again, of a rate limit
	Output  []string         `json:"output,omitempty"`
	Result  any              `json:"result,omitempty"` // of the operation, in its last narration but the marker
}

// line is v as a line of JSON, for those who read it by eye too: without the escapes that HTML would need.
func line(v any) []byte {
	var b bytes.Buffer
	if err := plainjson.NewEncoder(&b, "").Encode(v); err != nil {
		panic(err) // all that is written here can be
	}
	return b.Bytes()
}

// isProgress reports whether a later narration of the same action and file makes n worthless.
func (n narration) isProgress() bool {
	return n.Action == "download_progress" || n.Action == "build_progress"
}

// isDetail reports whether n may be forgotten where a history grows too long.
func (n narration) isDetail() bool { return n.isProgress() || n.Action == "build_output" }

// narrator tells a provisioner's events as narrations.
type narrator struct {
	tell  func(narration)
	phase provisioner.Phase // of the fetch that is under way
}

// actions are the narrations of those events that need no more than a name.
var actions = map[provisioner.Action]string{
	provisioner.ActionSkip: "candidate_skipped", provisioner.ActionWait: "wait", provisioner.ActionWarn: "warning",
	provisioner.ActionFallback: "fallback_start",
}

func (n *narrator) event(e provisioner.Event) {
	told := narration{Action: actions[e.Action], Message: e.Message, Vendor: e.Vendor, Version: e.Version, Entry: e.ID,
		Rate: e.Rate, ETA: e.ETA, Kind: e.Kind, Hint: e.Hint, RetryAt: e.RetryAt}
	switch e.Action {
	case provisioner.ActionDone, provisioner.ActionFailed, provisioner.ActionCancelled:
		return // whoever asked tells the end
	case provisioner.ActionProgress:
		n.progress(told, *e.Progress)
		return
	case provisioner.ActionResolve:
		told.Action, told.Message = "fetch_metadata", "asking "+e.Vendor
	case provisioner.ActionSkip:
		told.Message = fmt.Sprintf("skipped %s: %s", strings.TrimSpace(e.Vendor+" "+e.Version), e.Message)
	case provisioner.ActionFallback:
		told.Message = "turning to a fallback: " + e.Message
	case provisioner.ActionFetch:
		n.phase = ""
		told.Action, told.Message = "check_platform", fmt.Sprintf("%s of %s fits this machine", e.ID, e.Vendor)
	case provisioner.ActionUnpack:
		told.Action, told.Message = "unpack", "verifying and unpacking "+e.ID
	case provisioner.ActionInstall:
		told.Action, told.Message = "catalog_add", "installed "+e.ID
	}
	if told.Action == "" {
		told.Action = string(e.Action)
	}
	n.tell(told)
}

// progress tells how far a fetch is, and first that it has begun.
func (n *narrator) progress(told narration, p provisioner.Progress) {
	isNew := n.phase != p.Phase
	n.phase = p.Phase
	verb, gerund := "download", "downloading "
	if p.Phase == provisioner.Building {
		verb, gerund = "build", "building "
	}
	if isNew {
		begun := told
		begun.Action, begun.Message = verb+"_start", gerund+told.Entry
		n.tell(begun)
	}
	told.Action, told.Message, told.File, told.Done, told.Total = verb+"_progress", gerund+p.File, p.File, p.Done, p.Total
	if p.Total > 0 {
		told.Message += fmt.Sprintf(": %.1f of %.1f MB", float64(p.Done)/1e6, float64(p.Total)/1e6)
	}
	if p.Message != "" {
		told.Action, told.Message = verb+"_output", p.Message
	}
	n.tell(told)
}

// spawnActions are the Rust hive's names of what a start does; any other is told with "worker_" before it.
var spawnActions = map[spawn.Action]string{spawn.ActionWaiting: "worker_spawn_health_check"}

func narrateSpawn(e spawn.Event) narration {
	action, ok := spawnActions[e.Action]
	if !ok {
		action = "worker_" + string(e.Action)
	}
	return narration{Action: action, Message: e.Message}
}
