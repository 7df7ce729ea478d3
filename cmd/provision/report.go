package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// reporter tells a person or a program what an operation does.
type reporter interface {
	event(provisioner.Event)
	// close is called with the operation's error.
	close(error)
}

func (a *app) newReporter() reporter {
	switch {
	case a.json && a.quiet:
		return newJSONReporter(io.Discard)
	case a.json:
		return newJSONReporter(a.stderr)
	case a.quiet:
		return &lineReporter{out: io.Discard}
	}
	if terminal := a.terminal(); terminal != nil {
		return newBarReporter(terminal)
	}
	return &lineReporter{out: a.stderr}
}

// jsonReporter writes each event as a line of JSON.
type jsonReporter struct{ encoder *json.Encoder }

func newJSONReporter(out io.Writer) jsonReporter {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return jsonReporter{encoder}
}

func (r jsonReporter) event(e provisioner.Event) { _ = r.encoder.Encode(e) }
func (r jsonReporter) close(error)               {}

// progressInterval is how often a lineReporter tells how far a download is.
const progressInterval = 5 * time.Second

// lineReporter writes plain lines, for logs.
type lineReporter struct {
	narrator
	out  io.Writer
	told time.Time // when anything was told last
}

func (r *lineReporter) close(err error) { r.conclude(r.out, err) }

func (r *lineReporter) event(e provisioner.Event) {
	if e.Action != provisioner.ActionProgress || e.Progress.Message != "" {
		r.tell(r.out, e)
		r.told = e.Time
		return
	}
	if e.Time.Sub(r.told) >= progressInterval {
		r.told = e.Time
		fmt.Fprintf(r.out, "provision: %s\n", describeProgress(*e.Progress))
	}
}

// narrator tells events in words. What was skipped it holds back until something follows: if nothing does, the error tells it.
type narrator struct {
	skipped []string
	flushed bool // something that was skipped has been told
}

func (n *narrator) tell(out io.Writer, e provisioner.Event) {
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

// conclude tells what was held back, unless err does.
func (n *narrator) conclude(out io.Writer, err error) {
	if _, ok := errors.AsType[*provisioner.NoCandidateError](err); !ok {
		n.flush(out)
	}
}

// describeEvent is an event on one line; empty for those that need none.
func describeEvent(e provisioner.Event) string {
	switch e.Action {
	case provisioner.ActionSkip:
		return fmt.Sprintf("skipped %s: %s", joinNonEmpty(" ", e.Vendor, e.Version), indented(e.Message))
	case provisioner.ActionWait, provisioner.ActionWarn:
		return joinNonEmpty(" ", e.Message, parenthesise(e.Hint))
	case provisioner.ActionFetch:
		return fmt.Sprintf("fetching %s", joinNonEmpty(" ", e.ID, "from", e.Vendor, parenthesise(e.Message)))
	case provisioner.ActionProgress:
		return e.Progress.Message
	case provisioner.ActionInstall:
		return "installed " + e.ID
	default:
		return "" // the rest is for programs, and an error is told by app.report
	}
}

func describeProgress(p provisioner.Progress) string {
	line := joinNonEmpty(" ", string(p.Phase), p.File)
	if p.Done > 0 {
		line += " " + formatBytes(p.Done)
	}
	if p.Total > 0 {
		line += fmt.Sprintf(" of %s (%d %%)", formatBytes(p.Total), 100*p.Done/p.Total)
	}
	return line
}
