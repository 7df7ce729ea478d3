package transfer

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

const maxNoteSize = 256 << 10

// note is what lasts beside an unfinished file: whose bytes these are, and which of them count.
type note struct {
	URL       string `json:"url"`                 // without secrets
	Validator string `json:"validator,omitempty"` // what If-Range is asked with; empty can't be resumed
	Total     int64  `json:"total,omitempty"`     // bytes; 0 is unknown
	// Scattered files were written in several places, and only the bytes in Have count. In others each byte does.
	Scattered bool   `json:"scattered,omitempty"`
	Have      []span `json:"have,omitempty"`
}

// readNote returns the zero note if there is none that can be read.
func readNote(root *os.Root, name string) note {
	f, err := root.Open(name)
	if err != nil {
		return note{}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxNoteSize))
	if err != nil {
		return note{}
	}
	return parseNote(data)
}

func parseNote(data []byte) (n note) {
	if json.Unmarshal(data, &n) != nil {
		return note{}
	}
	return n
}

// write puts n in place at once, so that a process killed meanwhile leaves the note that was there before.
func (n note) write(root *os.Root, name string) error {
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if err := root.WriteFile(name+newSuffix, data, 0o600); err != nil {
		return err
	}
	return root.Rename(name+newSuffix, name)
}

const newSuffix = ".new"

// spans lists the bytes of a file of some size that count. It is false where the note can't be believed.
func (n note) spans(size int64) ([]span, bool) {
	if !isValidator(n.Validator) || n.Total < 0 || n.Total > 0 && size > n.Total {
		return nil, false
	}
	if !n.Scattered {
		return []span{{0, size}}, true
	}
	at := int64(0)
	for _, s := range n.Have {
		if s.From < at || s.To <= s.From || s.To > size {
			return nil, false
		}
		at = s.To
	}
	return n.Have, n.Total > 0
}

// isValidator reports whether v is one of those that validatorOf returns.
func isValidator(v string) bool {
	for _, c := range []byte(v) {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		return true
	}
	_, err := http.ParseTime(v)
	return err == nil
}

// validatorOf returns what tells this version of a file from all others; empty where nothing does. A weak ETag does not promise
// the same bytes. A Last-Modified does from a second later on (RFC 9110, section 8.8.2.2), as no change can follow that has it too.
func validatorOf(h http.Header) string {
	if etag := h.Get("ETag"); strings.HasPrefix(etag, `"`) && isValidator(etag) {
		return etag
	}
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil {
		return ""
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = time.Now()
	}
	if date.Sub(modified) < time.Second {
		return ""
	}
	return h.Get("Last-Modified")
}
