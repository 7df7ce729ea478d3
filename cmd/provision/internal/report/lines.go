package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// progressInterval is the time between two lines of a lineReporter about the progress of a download.
const progressInterval = 5 * time.Second

// lineReporter writes plain lines, for logs.
type lineReporter struct {
	narrator
	out  io.Writer
	last time.Time // of the last line
}

// Event implements Reporter.
func (r *lineReporter) Event(e provisioner.Event) {
	if e.Action != provisioner.ActionProgress || e.Progress.Message != "" {
		r.write(r.out, e)
		r.last = e.Time
		return
	}
	if e.Time.Sub(r.last) >= progressInterval {
		r.last = e.Time
		fmt.Fprintf(r.out, "provision: %s\n", describeProgress(*e.Progress))
	}
}

// Close implements Reporter.
func (r *lineReporter) Close(err error) { r.conclude(r.out, err) }

// narrator describes events in words. It holds back what was skipped until something follows: otherwise the error says
// it.
type narrator struct {
	skipped []string
	flushed bool // lines about what was skipped were written
}

func (n *narrator) write(out io.Writer, e provisioner.Event) {
	line := describeEvent(e)
	if e.Action == provisioner.ActionDone && e.Fallback {
		n.flush(out)
		line = "using a fallback, " + e.ID
		if !n.flushed {
			line += ": " + e.Message
		}
	}
	switch {
	case e.Action == provisioner.ActionSkip:
		n.skipped = append(n.skipped, line)
	case line != "":
		n.flush(out)
		fmt.Fprintf(out, "provision: %s\n", line)
	}
}

func (n *narrator) flush(out io.Writer) {
	for _, line := range n.skipped {
		fmt.Fprintf(out, "provision: %s\n", line)
		n.flushed = true
	}
	n.skipped = nil
}

// conclude writes what was held back, unless err contains it.
func (n *narrator) conclude(out io.Writer, err error) {
	if _, ok := errors.AsType[*provisioner.NoCandidateError](err); !ok {
		n.flush(out)
	}
}

// describeEvent returns an event on one line. It is empty for those that are for programs alone, and for failures: the
// program prints their error.
func describeEvent(e provisioner.Event) string {
	switch e.Action {
	case provisioner.ActionSkip:
		return fmt.Sprintf("skipped %s: %s", Join(" ", e.Vendor, e.Version), indent(e.Message))
	case provisioner.ActionWait, provisioner.ActionWarn:
		return Join(" ", e.Message, Parenthesise(e.Hint))
	case provisioner.ActionFetch:
		return fmt.Sprintf("fetching %s", Join(" ", e.ID, "from", e.Vendor, Parenthesise(e.Message)))
	case provisioner.ActionProgress:
		return e.Progress.Message
	case provisioner.ActionInstall:
		return "installed " + e.ID
	default:
		return ""
	}
}

// indent indents all lines of a text but the first, such as the output of a compiler.
func indent(s string) string { return strings.ReplaceAll(s, "\n", "\n    ") }

func describeProgress(p provisioner.Progress) string {
	line := Join(" ", string(p.Phase), p.File)
	if p.Done > 0 {
		line += " " + Bytes(p.Done)
	}
	if p.Total > 0 {
		line += fmt.Sprintf(" of %s (%d %%)", Bytes(p.Total), 100*p.Done/p.Total)
	}
	return line
}
