// Package report prints what a command does: its answer as text, a table or JSON on stdout; messages, progress and
// events on stderr. It makes no decisions: commands decide what is printed, and an Output where and how.
package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/rbee-keeper/provision/catalog/plainjson"
	"github.com/rbee-keeper/provision/provisioner"
)

// Schema is the version of the JSON that is printed: the value of the key "schema" of every object. New keys may be
// added within one version; no key is removed or changes its meaning.
const Schema = 1

// Output is where a command prints, and in which form.
type Output struct {
	Stdout, Stderr io.Writer
	JSON           bool // print the answer as one JSON object, and events as JSON lines
	Quiet          bool // print only errors on Stderr
}

// Print writes v to Stdout as indented JSON. It must encode as an object with at least one key.
func (o *Output) Print(v any) error {
	data, err := encode(v)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	_ = json.Indent(&indented, data, "", "  ") // data is valid
	_, err = indented.WriteTo(o.Stdout)
	return err
}

// encode returns v, which encodes as a JSON object, as a line of JSON with the schema as its first key.
func encode(v any) ([]byte, error) {
	b := bytes.NewBufferString(fmt.Sprintf(`{"schema":%d,`, Schema))
	start := b.Len()
	err := plainjson.NewEncoder(b, "").Encode(v)
	return append(b.Bytes()[:start:start], bytes.TrimPrefix(b.Bytes()[start:], []byte("{"))...), err
}

// Notef writes a line for a person to Stderr, unless Quiet or JSON is set.
func (o *Output) Notef(format string, args ...any) {
	if !o.Quiet && !o.JSON {
		o.Linef(format, args...)
	}
}

// Linef writes a line to Stderr whatever the settings are.
func (o *Output) Linef(format string, args ...any) {
	fmt.Fprintf(o.Stderr, "provision: "+format+"\n", args...)
}

// Table writes rows below a heading to Stdout, in aligned columns. The columns of the heading are separated by tabs.
func (o *Output) Table(heading string, rows [][]string) error {
	table := tabwriter.NewWriter(o.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, heading)
	for _, row := range rows {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// Section is a table with a heading.
type Section struct {
	Heading string
	Rows    [][]string
}

// NewSection makes a table with a row for each element of a list.
func NewSection[T any](heading string, list []T, row func(T) []string) Section {
	s := Section{Heading: heading}
	for _, element := range list {
		s.Rows = append(s.Rows, row(element))
	}
	return s
}

// Sections writes the tables that have rows, with an empty line between two.
func (o *Output) Sections(sections ...Section) error {
	separator := ""
	for _, s := range sections {
		if len(s.Rows) == 0 {
			continue
		}
		if err := o.Table(separator+s.Heading, s.Rows); err != nil {
			return err
		}
		separator = "\n"
	}
	return nil
}

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
