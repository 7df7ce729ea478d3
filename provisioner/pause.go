package provisioner

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog"
)

// What failed is not tried again at once, where that would cost much and bring nothing.
//
// A source that could not be reached, and was slow to say so, is left alone: else every run on a machine whose packets are
// dropped would wait for the same timeout. One that refuses at once costs nothing, and is always asked.
//
// A file that turned out to be no usable worker is not fetched again: its digest tells that it is still the same.
const (
	slowAnswer   = 3 * time.Second // longer than refused tries on a busy machine, shorter than a connection's timeout
	firstPause   = time.Minute
	longestPause = time.Hour      // of a source
	unusableFor  = 24 * time.Hour // of a file
)

// pause is the record of what is left alone for a while. It is kept in the state folder, which may be lost.
type pause struct {
	Until  time.Time     `json:"until"`
	Length time.Duration `json:"length_ns"` // what the next one follows on; of a source alone
	Kind   Kind          `json:"kind"`
	Reason string        `json:"reason"`
}

// pauseFile is where a pause is recorded; empty if there is no state folder. Any change of what the parts tell ends it.
func (op *operation) pauseFile(parts ...any) string {
	if op.opts.StateDir == "" {
		return ""
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return filepath.Join(op.opts.StateDir, "paused", fmt.Sprintf("%x.json", key[:16]))
}

func (op *operation) sourcePause(s Source) string {
	return op.pauseFile("source", s.Key, string(s.Config), string(s.With))
}

// payloadPause depends on the program too: a newer one may find the executable. And on the machine, which may get a newer libc.
func (op *operation) payloadPause(c candidate) string {
	parts := []any{"payload", c.source.Binary, op.req.Type, op.req.target(), op.opts.Installer, decisiveFacts(op.opts.Host)}
	for _, f := range c.release.Files {
		parts = append(parts, f.Digest)
	}
	return op.pauseFile(parts...)
}

// readPause returns the last pause, which may be over; zero if there is none.
func readPause(file string) (p pause) {
	data, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(data, &p) != nil {
		return pause{}
	}
	return p
}

// writePause records a pause. What can't be recorded is tried again; no harm is done.
func writePause(file string, p pause) {
	data, err := json.Marshal(p)
	if err != nil || file == "" || os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	if os.WriteFile(file+".new", data, 0o600) == nil {
		_ = os.Rename(file+".new", file)
	}
}

// paused returns an error while what file is about is to be left alone.
func (op *operation) paused(file string, longest time.Duration) *Error {
	p := readPause(file)
	left := time.Until(p.Until)
	if op.req.Refresh || op.req.Force || left <= 0 || left > longest { // longer, and a clock was wrong
		return nil
	}
	e := Errorf(p.Kind, "%s; not tried again before %s", p.Reason, p.Until.Local().Format("2006-01-02 15:04:05 MST"))
	e.RetryAt = p.Until
	return e.WithHint("--refresh tries at once")
}

// noteAnswer records or ends the pause of a source after it was asked.
func (op *operation) noteAnswer(s Source, took time.Duration, err error) {
	file := op.sourcePause(s)
	if file == "" || KindOf(err) == Cancelled {
		return
	}
	if p, ok := readPause(file).next(took, err); ok {
		writePause(file, p)
	} else {
		_ = os.Remove(file)
	}
}

// next is the pause that follows on p after an answer: twice as long as the last with some jitter, so that a fleet does not come
// back at one moment. A rate limit pauses nothing: it is told at once, and a token that is set meanwhile lifts it.
func (p pause) next(took time.Duration, err error) (pause, bool) {
	kind := KindOf(err)
	if kind != Unreachable && kind != PluginFault || took < slowAnswer {
		return pause{}, false
	}
	length := min(max(2*p.Length, firstPause), longestPause)
	length -= rand.N(length / 8)
	return pause{Until: time.Now().Add(length), Length: length, Kind: kind, Reason: plainMessage(err)}, true
}

// notePayload records that what c brings is of no use.
func (op *operation) notePayload(c candidate, err error) {
	if KindOf(err) == BadPayload && c.release.Integrity == catalog.Published {
		writePause(op.payloadPause(c), pause{Until: time.Now().Add(unusableFor), Kind: BadPayload, Reason: plainMessage(err)})
	}
}
