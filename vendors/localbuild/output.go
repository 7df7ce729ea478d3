package localbuild

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

const (
	maxLine    = 400 // bytes of a line that are told
	maxLogLine = 64 << 10
	tailLines  = 20
	// aliveEvery is how often a build that prints nothing shows that it goes on: a host gives up what makes no progress.
	aliveEvery = 30 * time.Second
)

// output takes what a build prints: it keeps all of it in a log, tells each line, and remembers the last ones.
type output struct {
	log  io.Writer
	tell func(provisioner.Progress)
	// hide, if set, makes a text one without secrets.
	hide func(string) string

	mu       sync.Mutex
	line     []byte   // what has come of the current line, cut at maxLogLine
	tail     []string // the last lines, without those that only name a package
	packages bool     // lines that are a package's path tell what is compiled
	diskFull bool
}

var (
	packagePath = lazyregexp.New(`^[A-Za-z0-9._~/-]+$`)
	// userInfo is what an address may hold that nobody else is to read.
	userInfo = lazyregexp.New(`(://)[^/\s@]+@`)
	diskFull = lazyregexp.New(`(?i)no space left on device|disk quota exceeded|not enough space on the disk`)
)

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range p {
		if b == '\n' {
			if err := o.endLine(); err != nil {
				return 0, err
			}
		} else if len(o.line) < maxLogLine {
			o.line = append(o.line, b)
		}
	}
	return len(p), nil
}

// flush ends the line that was begun, if there is one.
func (o *output) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.line) == 0 {
		return nil
	}
	return o.endLine()
}

// endLine writes and tells the line that has come.
func (o *output) endLine() error {
	text := o.hidden(string(o.line))
	o.line = o.line[:0]
	if _, err := io.WriteString(o.log, text+"\n"); err != nil {
		return fmt.Errorf("write build log: %w", err)
	}
	o.diskFull = o.diskFull || diskFull().MatchString(text)
	line := printable(text[:min(len(text), maxLine)])
	if line == "" {
		return nil
	}
	if o.packages && packagePath().MatchString(line) {
		o.tell(provisioner.Progress{Phase: provisioner.Building, File: line})
		return nil
	}
	o.tell(provisioner.Progress{Phase: provisioner.Building, Message: line})
	o.tail = append(o.tail, line)
	o.tail = o.tail[max(0, len(o.tail)-tailLines):]
	return nil
}

// say writes a line of our own, and tells it.
func (o *output) say(format string, args ...any) {
	_ = o.flush()
	_, _ = fmt.Fprintf(o, format+"\n", args...) // a log that can't be written fails the build soon enough
}

// note writes a line of our own into the log alone.
func (o *output) note(format string, args ...any) {
	_ = o.flush()
	o.mu.Lock()
	defer o.mu.Unlock()
	_, _ = io.WriteString(o.log, o.hidden(fmt.Sprintf(format, args...))+"\n")
}

// keepAlive tells now and then that the build goes on, until stop is called.
func (o *output) keepAlive(every time.Duration) (stop func()) {
	ended, through := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(through)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				o.mu.Lock()
				o.tell(provisioner.Progress{Phase: provisioner.Building})
				o.mu.Unlock()
			case <-ended:
				return
			}
		}
	}()
	return func() {
		close(ended)
		<-through
	}
}

func (o *output) hidden(text string) string {
	if o.hide != nil {
		text = o.hide(text)
	}
	return withoutUserInfo(text)
}

func withoutUserInfo(s string) string { return userInfo().ReplaceAllString(s, "$1") }

// printable is s as a terminal and a message of plain text can take it.
func printable(s string) string {
	return strings.TrimRight(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		default:
			return -1
		}
	}, s), " ")
}

// expectPackages tells whether a line that is a package's path says what is compiled.
func (o *output) expectPackages(expect bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.packages = expect
}
