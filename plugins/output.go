package plugins

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rbee-keeper/provision/plugins/internal/wire"
)

const (
	maxTail      = 8 << 10 // bytes of stderr that an error shows
	maxTailLines = 20
	maxKept      = 32 << 10 // bytes of stderr that are kept: a trace's begin is farther back than its last lines
	maxHandshake = 4 << 10  // bytes of the first line of stdout
)

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
	copy io.Writer // gets everything, unless nil
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.copy != nil {
		_, _ = t.copy.Write(b)
	}
	t.kept = append(t.kept, b...)
	if len(t.kept) > 2*maxKept {
		t.kept = append([]byte(nil), t.kept[len(t.kept)-maxKept:]...)
	}
	return len(b), nil
}

// String is the last lines: from where a Go program panicked, if it did.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	panicked := 0
	for line := range bytes.Lines(t.kept) {
		message := strings.TrimSpace(message(line))
		if message == "" {
			continue
		}
		if strings.HasPrefix(message, "panic: ") || strings.HasPrefix(message, "fatal error: ") {
			panicked = len(lines) + 1
		}
		lines = append(lines, message)
	}
	if panicked > 0 {
		lines = lines[panicked-1:]
		lines = lines[:min(len(lines), maxTailLines)]
	}
	shown := strings.Join(lines[max(0, len(lines)-maxTailLines):], "\n")
	return wire.Sanitize(shown[max(0, len(shown)-maxTail):])
}

// message is what a line of hclog's JSON says, with its level and attributes, or the line itself.
func message(line []byte) string {
	var entry map[string]any
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &entry) != nil {
		return string(line)
	}
	said, _ := entry["@message"].(string)
	if said == "" {
		return string(line)
	}
	if level, _ := entry["@level"].(string); level != "" {
		said = level + ": " + said
	}
	for _, key := range slices.Sorted(maps.Keys(entry)) {
		if !strings.HasPrefix(key, "@") {
			said += " " + key + "=" + quoted(entry[key])
		}
	}
	return said
}

// quoted is a value of a log's attribute on one line, in quotes where it would run into the next.
func quoted(value any) string {
	text := fmt.Sprint(value)
	if text == "" || strings.ContainsAny(text, " \t\r\n\"=") {
		return strconv.Quote(text)
	}
	return text
}

// output passes on what is written to it, unless there is nobody to pass it on to. Whoever writes is not told of an
// error.
type output struct{ to io.Writer }

func (o output) Write(b []byte) (int, error) {
	if o.to != nil {
		_, _ = o.to.Write(b)
	}
	return len(b), nil
}

// end is that of a stream. It may be reached more than once.
type end struct {
	once    sync.Once
	reached chan struct{}
}

func newEnd() end { return end{reached: make(chan struct{})} }

func (e *end) reach() { e.once.Do(func() { close(e.reached) }) }

// stderrReader copies what is read from a vendor's stderr to a tail.
type stderrReader struct {
	io.ReadCloser
	tail *tail
	end
}

func (r *stderrReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	_, _ = r.tail.Write(b[:n])
	if err != nil {
		r.reach()
	}
	return n, err
}

// stdoutReader yields the first line of a vendor's stdout, and reads the rest so that nobody blocks on it.
type stdoutReader struct {
	io.ReadCloser
	end
	rest io.Writer // gets what follows the first line

	mu    sync.Mutex
	first []byte
}

func (r *stdoutReader) Read(b []byte) (int, error) {
	first := r.line()
	if len(first) < maxHandshake && !bytes.HasSuffix(first, []byte("\n")) {
		n, err := r.ReadCloser.Read(b[:min(len(b), maxHandshake-len(first))])
		if end := bytes.IndexByte(b[:n], '\n'); end >= 0 {
			_, _ = r.rest.Write(b[end+1 : n])
			n = end + 1
		}
		r.keep(b[:n])
		if err != nil {
			r.reach()
		}
		return n, err
	}
	if len(first) >= maxHandshake {
		go r.drain()
	} else {
		r.drain()
	}
	return 0, io.EOF
}

func (r *stdoutReader) drain() {
	defer r.reach()
	_, _ = io.Copy(r.rest, r.ReadCloser)
}

func (r *stdoutReader) keep(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.first = append(r.first, b...)
}

// line is what has been read of the first line.
func (r *stdoutReader) line() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}
