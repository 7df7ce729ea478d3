package spawn

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	maxTailLines = 40
	maxTailLine  = 1 << 10  // bytes of a line that is kept
	maxKept      = 16 << 10 // bytes that are kept
)

// output takes what a worker prints, and keeps the end of it.
type output struct {
	mu   sync.Mutex
	kept []byte
	last time.Time // when something was printed
	copy io.Writer // gets everything, unless nil
}

// Write never fails: a worker is not to end because its output can't be copied.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = time.Now()
	if o.copy != nil {
		_, _ = o.copy.Write(b)
	}
	o.kept = append(o.kept, b[max(0, len(b)-maxKept):]...)
	if len(o.kept) > 2*maxKept {
		o.kept = append([]byte(nil), o.kept[len(o.kept)-maxKept:]...)
	}
	return len(b), nil
}

// printed is when something was last printed; zero if nothing was.
func (o *output) printed() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

// tail returns the last lines that are not empty, fit for a terminal.
func (o *output) tail() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := o.kept[max(0, len(o.kept)-maxKept):]
	var lines []string
	for line := range bytes.FieldsFuncSeq(kept, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if text := printable(string(line)); text != "" {
			lines = append(lines, text)
		}
	}
	return append([]string{}, lines[max(0, len(lines)-maxTailLines):]...)
}

// escape is a terminal's control sequence: of CSI, of OSC, or a short one.
var escape = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?|[ -/]*[0-~])")

// printable drops from a line what a terminal would obey.
func printable(line string) string {
	line = escape.ReplaceAllString(strings.ToValidUTF8(line, "\uFFFD"), "")
	line = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		default:
			return r
		}
	}, line)
	line = strings.TrimRight(line, " ")
	if len(line) > maxTailLine {
		line = strings.ToValidUTF8(line[:maxTailLine], "") + "…"
	}
	return line
}
