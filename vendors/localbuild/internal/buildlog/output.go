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
	maxLine    = 400 // bytes of a line that are reported
	maxLogLine = 64 << 10
	tailLines  = 20
	// AliveInterval is how often a silent build reports progress. A host stops a vendor that reports none.
	AliveInterval = 30 * time.Second
)

// Output receives what a build prints. It writes all of it to Log, reports each line to Report, and keeps the last
// lines. Set Log and Report before the first write; it may be used by several goroutines.
type Output struct {
	Log    io.Writer
	Report func(provisioner.Progress)
	// Hide removes secrets from a text; nil removes only those in URLs.
	Hide func(string) string

	mu          sync.Mutex
	line        []byte   // the unfinished line, at most maxLogLine bytes
	tail        []string // the last lines, without those that only name a package
	hasPackages bool     // a line that is an import path names what is compiled
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

// Flush ends an unfinished line.
func (o *Output) Flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.line) == 0 {
		return nil
	}
	return o.endLine()
}

// endLine logs and reports the current line.
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

// Printf logs and reports a message of this vendor.
func (o *Output) Printf(format string, args ...any) {
	_ = o.Flush()
	_, _ = fmt.Fprintf(o, format+"\n", args...) // the build's next write fails too
}

// Logf logs a message of this vendor without reporting it.
func (o *Output) Logf(format string, args ...any) {
	_ = o.Flush()
	o.mu.Lock()
	defer o.mu.Unlock()
	_, _ = io.WriteString(o.Log, o.hidden(fmt.Sprintf(format, args...))+"\n")
}

// KeepAlive reports progress at once and then at an interval, until stop is called: a build may be silent for long.
func (o *Output) KeepAlive(every time.Duration) (stop func()) {
	ended, through := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(through)
		report := func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.Report(provisioner.Progress{Phase: provisioner.Building})
		}
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for report(); ; {
			select {
			case <-ticker.C:
				report()
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

// ExpectPackages sets whether a line that is an import path reports the package being compiled.
func (o *Output) ExpectPackages(expect bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hasPackages = expect
}

// Tail returns the last lines, joined by newlines, and whether a line said that the disk is full.
func (o *Output) Tail() (lines string, isDiskFull bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.tail, "\n"), o.diskFull
}
