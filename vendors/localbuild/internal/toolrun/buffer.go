package toolrun

import (
	"bytes"
	"errors"
	"strings"

	"github.com/rbee-keeper/provision/catalog/printable"
	"github.com/rbee-keeper/provision/provisioner/redact"
)

// Buffer keeps the output of a command, and fails if it is longer than Max bytes.
type Buffer struct {
	bytes.Buffer
	Max int
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.Max {
		return 0, errors.New("the output is too long")
	}
	return b.Buffer.Write(p)
}

// Text returns the output as one printable line, without secrets in URLs, of at most 2000 bytes.
func (b *Buffer) Text() string {
	var lines []string
	for line := range strings.Lines(b.String()) {
		if line = printable.Line(redact.Text(line)); line != "" {
			lines = append(lines, line)
		}
	}
	text := strings.Join(lines, "; ")
	return text[:min(len(text), 2000)]
}
