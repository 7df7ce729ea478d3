package buildlog

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/catalog/printable"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

const (
	maxLine    = 400 // bytes of a line that are told
	maxLogLine = 64 << 10
	tailLines  = 20
	// aliveEvery is how often a build that prints nothing shows that it goes on: a host gives up what makes no progress.
	AliveInterval = 30 * time.Second
)

// output takes what a build prints: it keeps all of it in a log, tells each line, and remembers the last ones.
type Output struct {
	Log    io.Writer
	Report func(provisioner.Progress)
	// hide, if set, makes a text one without secrets.
	Hide func(string) string

	mu          sync.Mutex
	line        []byte   // what has come of the current line, cut at maxLogLine
	tail        []string // the last lines, without those that only name a package
	hasPackages bool     // lines that are a package's path tell what is compiled
	diskFull    bool
}

var (
	packagePath = lazyregexp.New(`^[A-Za-z0-9._~/-]+$`)
)

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
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
func (o *Output) Flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.line) == 0 {
		return nil
	}
	return o.endLine()
}

// endLine writes and tells the line that has come.
func (o *Output) endLine() error {
	text := o.hidden(string(o.line))
	o.line = o.line[:0]
	if _, err := io.WriteString(o.Log, text+"\n"); err != nil {
		return fmt.Errorf("write build log: %w", err)
	}
	o.diskFull = o.diskFull || failure.IsDiskFull(text)
	line := printable.Line(text[:min(len(text), maxLine)])
	if line == "" {
		return nil
	}
	if o.hasPackages && packagePath().MatchString(line) {
		o.Report(provisioner.Progress{Phase: provisioner.Building, File: line})
		return nil
	}
	o.Report(provisioner.Progress{Phase: provisioner.Building, Message: line})
	o.tail = append(o.tail, line)
	o.tail = o.tail[max(0, len(o.tail)-tailLines):]
	return nil
}

// say writes a line of our own, and tells it.
func (o *Output) Printf(format string, args ...any) {
	_ = o.Flush()
	_, _ = fmt.Fprintf(o, format+"\n", args...) // a log that can't be written fails the build soon enough
}

// note writes a line of our own into the log alone.
func (o *Output) Logf(format string, args ...any) {
	_ = o.Flush()
	o.mu.Lock()
	defer o.mu.Unlock()
	_, _ = io.WriteString(o.Log, o.hidden(fmt.Sprintf(format, args...))+"\n")
}

// keepAlive tells now and then that the build goes on, until stop is called.
func (o *Output) KeepAlive(every time.Duration) (stop func()) {
	ended, through := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(through)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				o.mu.Lock()
				o.Report(provisioner.Progress{Phase: provisioner.Building})
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

func (o *Output) hidden(text string) string {
	if o.Hide != nil {
		text = o.Hide(text)
	}
	return redact.Text(text)
}

// expectPackages tells whether a line that is a package's path says what is compiled.
func (o *Output) ExpectPackages(expect bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hasPackages = expect
}

// lastLines returns the last lines that explain a failure, joined by newlines, and whether a line said that the disk is
// full.
func (o *Output) Tail() (lines string, isDiskFull bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.tail, "\n"), o.diskFull
}
