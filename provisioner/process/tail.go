package process

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/catalog/printable"
)

const (
	maxTailLines = 40
	maxTailLine  = 1 << 10  // bytes of a line that Lines returns
	maxKept      = 16 << 10 // bytes that are kept
)

// Tail is a writer that keeps the end of what was written: at most 16 KiB and 40 lines. The zero Tail is ready to use,
// by several goroutines at a time.
type Tail struct {
	Copy io.Writer // gets everything, from one goroutine at a time; nil discards it

	mu   sync.Mutex
	kept []byte
	last time.Time
}

// Write never fails: a process must not end because its output can't be copied.
func (t *Tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = time.Now()
	if t.Copy != nil {
		_, _ = t.Copy.Write(b)
	}
	t.kept = append(t.kept, b[max(0, len(b)-maxKept):]...)
	if len(t.kept) > 2*maxKept {
		t.kept = append([]byte(nil), t.kept[len(t.kept)-maxKept:]...)
	}
	return len(b), nil
}

// LastWrite returns when something was last written; the zero time if nothing was.
func (t *Tail) LastWrite() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// Lines returns the last lines that are not empty, without control characters and cut after 1 KiB.
func (t *Tail) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.kept[max(0, len(t.kept)-maxKept):]
	var lines []string
	for line := range bytes.FieldsFuncSeq(kept, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if text := cut(printable.Line(string(line))); text != "" {
			lines = append(lines, text)
		}
	}
	return append([]string{}, lines[max(0, len(lines)-maxTailLines):]...)
}

func cut(line string) string {
	if len(line) <= maxTailLine {
		return line
	}
	return strings.ToValidUTF8(line[:maxTailLine], "") + "…"
}
