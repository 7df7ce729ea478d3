package report

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/rbee-keeper/provision/provisioner"
)

// Reporter shows a person or a program what an operation does.
type Reporter interface {
	// Event is called for each event, from one goroutine at a time.
	Event(provisioner.Event)
	// Close is called once, with the operation's error.
	Close(error)
}

// NewReporter returns the reporter of the Output's form: JSON lines, progress bars on a terminal, or plain lines.
func (o *Output) NewReporter() Reporter {
	switch {
	case o.JSON && o.Quiet:
		return jsonReporter{io.Discard}
	case o.JSON:
		return jsonReporter{o.Stderr}
	case o.Quiet:
		return &lineReporter{out: io.Discard}
	}
	if terminal := o.terminal(); terminal != nil {
		return newBarReporter(terminal)
	}
	return &lineReporter{out: o.Stderr}
}

// terminal returns Stderr if it is a terminal that can show progress bars, else nil.
func (o *Output) terminal() *os.File {
	f, ok := o.Stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return f
}

// PrintEvent writes an event to Stderr as a line of JSON.
func (o *Output) PrintEvent(e provisioner.Event) { jsonReporter{o.Stderr}.Event(e) }

// jsonReporter writes each event as a line of JSON.
type jsonReporter struct{ out io.Writer }

// Event implements Reporter.
func (r jsonReporter) Event(e provisioner.Event) {
	if line, err := encode(e); err == nil {
		_, _ = r.out.Write(line)
	}
}

// Close implements Reporter.
func (r jsonReporter) Close(error) {}
