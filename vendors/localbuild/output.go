package localbuild

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/rbee-keeper/provision/provisioner"
)

const (
	maxLine   = 400 // bytes of a line that are told; the log has all of it
	tailLines = 20
)

// output takes what the go command prints: it keeps all of it in a log, tells each line, apart the package that is compiled, and remembers the last ones.
type output struct {
	log  io.Writer
	tell func(provisioner.Progress)
	line []byte   // what has come of the current line, cut at maxLine
	tail []string // the last lines, without those that only name a package
}

var packagePath = regexp.MustCompile(`^[A-Za-z0-9._~/-]+$`)

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	if n, err := o.log.Write(p); err != nil {
		return n, fmt.Errorf("write build log: %w", err)
	}
	for _, b := range p {
		switch {
		case b == '\n':
			o.endLine()
		case len(o.line) < maxLine:
			o.line = append(o.line, b)
		}
	}
	return len(p), nil
}

// endLine tells the line that has come, if there is something in it.
func (o *output) endLine() {
	line := printable(string(o.line))
	o.line = o.line[:0]
	if line == "" {
		return
	}
	if packagePath.MatchString(line) { // the go command names each package that it compiles
		o.tell(provisioner.Progress{Phase: provisioner.Building, File: line})
		return
	}
	o.tell(provisioner.Progress{Phase: provisioner.Building, Message: line})
	o.tail = append(o.tail, line)
	o.tail = o.tail[max(0, len(o.tail)-tailLines):]
}

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
