package partial

import (
	"encoding/json"
	"io"
	"os"

	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
)

const (
	maxStateSize = 256 << 10 // bytes
	newSuffix    = ".new"    // of a State that is being written
)

// State describes an unfinished file: which version of which file its bytes are from, and which of them are valid.
type State struct {
	URL       string `json:"url"`                 // of the file, without secrets
	Validator string `json:"validator,omitempty"` // for If-Range, see ValidatorOf; without one there is no resuming
	Total     int64  `json:"total,omitempty"`     // size of the whole file in bytes; 0 is unknown
	// Sparse files were written in several places at once, and only the bytes in Have are valid. In others every byte
	// is.
	Sparse bool         `json:"scattered,omitempty"`
	Have   []chunk.Span `json:"have,omitempty"`
}

func readState(root *os.Root, name string) State {
	f, err := root.Open(name)
	if err != nil {
		return State{}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxStateSize))
	if err != nil {
		return State{}
	}
	return parseState(data)
}

func parseState(data []byte) (s State) {
	if json.Unmarshal(data, &s) != nil {
		return State{}
	}
	return s
}

// write replaces the file atomically: a process that is killed meanwhile leaves the State from before.
func (s State) write(root *os.Root, name string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := root.WriteFile(name+newSuffix, data, 0o600); err != nil {
		return err
	}
	return root.Rename(name+newSuffix, name)
}

// Spans returns the valid bytes of an unfinished file of size bytes. It returns false if the State cannot be true of
// such a file, or if the file cannot be resumed.
func (s State) Spans(size int64) ([]chunk.Span, bool) {
	if !isValidator(s.Validator) || s.Total < 0 || s.Total > 0 && size > s.Total {
		return nil, false
	}
	if !s.Sparse {
		return []chunk.Span{{From: 0, To: size}}, true
	}
	at := int64(0)
	for _, span := range s.Have {
		if span.From < at || span.To <= span.From || span.To > size {
			return nil, false
		}
		at = span.To
	}
	return s.Have, s.Total > 0
}
