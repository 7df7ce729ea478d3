package catalog

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rbee-keeper/provision/catalog/internal/record"
	"github.com/rbee-keeper/provision/catalog/plainjson"
)

// Artifact is what a catalog keeps: something with an identity whose files are on disk.
type Artifact interface {
	// ArtifactID identifies the artifact within its catalog.
	ArtifactID() string
	// ArtifactPath is the absolute path of its main file or folder.
	ArtifactPath() string
	// ArtifactSize is the size of that in bytes.
	ArtifactSize() int64
	// ArtifactStatus tells whether it can be used.
	ArtifactStatus() Status
}

// State is the kind of a Status.
type State string

// The states of an artifact.
const (
	Available   State = "Available"
	Downloading State = "Downloading"
	Failed      State = "Failed"
)

// Status tells whether an artifact can be used. A record spells it "Available", "Downloading" or
// {"Failed":{"error":"…"}}.
type Status struct {
	State State
	Error string // what went wrong; set for Failed alone
}

// String is the state, with what went wrong.
func (s Status) String() string {
	if s.Error == "" {
		return string(s.State)
	}
	return string(s.State) + ": " + s.Error
}

type failedStatus struct {
	Failed *struct {
		Error string `json:"error"`
	} `json:"Failed"`
}

// MarshalJSON writes the spelling of a record.
func (s Status) MarshalJSON() ([]byte, error) {
	switch s.State {
	case Available, Downloading:
		return json.Marshal(s.State)
	case Failed:
		return plainjson.Marshal(map[State]map[string]string{Failed: {"error": s.Error}})
	default:
		return nil, fmt.Errorf("unknown status %q", s.State)
	}
}

// UnmarshalJSON reads the spelling of a record, and of its later dialects in lower case.
func (s *Status) UnmarshalJSON(data []byte) error {
	if name, err := record.Unquote(data); err == nil {
		for _, state := range []State{Available, Downloading} {
			if strings.EqualFold(name, string(state)) {
				*s = Status{State: state}
				return nil
			}
		}
		return fmt.Errorf("unknown status %q", name)
	}
	var failed failedStatus // encoding/json matches keys in any case
	if err := json.Unmarshal(data, &failed); err != nil || failed.Failed == nil {
		return fmt.Errorf("unknown status %s", data)
	}
	*s = Status{State: Failed, Error: failed.Failed.Error}
	return nil
}
