package engine

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// What is remembered between runs lies in small files in the state folder, and may be lost.

// memory is the path of what is remembered under a kind; empty if there is no state folder. Any change of what the parts tell is
// something else to remember.
func (op *operation) memory(kind string, parts ...any) string {
	if op.opts.StateDir == "" {
		return ""
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return filepath.Join(op.opts.StateDir, kind, fmt.Sprintf("%x.json", key[:16]))
}

// recall reads what is remembered; the zero value if there is nothing.
func recall[T any](file string) (v T) {
	data, err := os.ReadFile(file)
	if err == nil && json.Unmarshal(data, &v) == nil {
		return v
	}
	var none T
	return none
}

// remember writes v. What can't be written is found out again; no harm is done.
func remember(file string, v any) {
	data, err := json.Marshal(v)
	if err != nil || file == "" || os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	temp := file + "." + fmt.Sprint(rand.Uint64())
	if os.WriteFile(temp, data, 0o600) != nil || os.Rename(temp, file) != nil {
		_ = os.Remove(temp)
	}
}

// jittered is up to an eighth shorter than d, so that a fleet does not come back at one moment.
func jittered(d time.Duration) time.Duration {
	if d < 8 {
		return d
	}
	return d - rand.N(d/8)
}
