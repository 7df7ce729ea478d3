package backoff

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
)

// Store is a folder of state. The empty Store remembers nothing.
type Store string

// File is one fact of a Store: the path of its file, or empty if nothing is remembered.
type File string

// The kinds of facts; each is a folder in the Store.
const (
	Paused  = "paused"  // sources that failed, and candidates that could not be installed
	Absent  = "absent"  // sources that had nothing that can be installed
	Checked = "checked" // sources that answered
)

// File returns the fact of a kind that these parts identify. Any change of a part is another fact.
func (s Store) File(kind string, parts ...any) File {
	if s == "" {
		return ""
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return File(filepath.Join(string(s), kind, fmt.Sprintf("%x.json", key[:16])))
}

// schema is the version of the files' format.
const schema = 1

// load reads a fact into v, which stays as it is if there is none.
func (f File) load(v any) {
	if data, err := os.ReadFile(string(f)); err == nil {
		_ = json.Unmarshal(data, v)
	}
}

// save writes a fact. A failure does no harm: the fact is found out again.
func (f File) save(v any) {
	data, err := json.Marshal(v)
	if err != nil || f == "" || os.MkdirAll(filepath.Dir(string(f)), 0o700) != nil {
		return
	}
	_ = atomicfile.Write(string(f), data, atomicfile.Options{Mode: 0o600, SkipSync: true})
}

// jittered returns d made shorter by up to an eighth, so that the machines of a fleet do not all return at the same
// moment.
func jittered(d time.Duration) time.Duration {
	if d < 8 {
		return d
	}
	return d - rand.N(d/8)
}
