package localbuild

import (
	"bytes"
	"errors"
	"strings"
)

// limitedBuffer refuses more than max bytes.
type limitedBuffer struct {
	bytes.Buffer
	max int
}

// Write implements io.Writer.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.max {
		return 0, errors.New("the output is too long")
	}
	return b.Buffer.Write(p)
}

// text is what came, on one line and fit to be shown.
func (b *limitedBuffer) text() string {
	var lines []string
	for line := range strings.Lines(b.String()) {
		if line = printable(withoutUserInfo(line)); line != "" {
			lines = append(lines, line)
		}
	}
	text := strings.Join(lines, "; ")
	return text[:min(len(text), 2000)]
}
