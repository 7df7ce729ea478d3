package main

import (
	"bytes"
	"io"
	"sync"
)

// maxLine bounds how much of an unfinished line is held, in bytes.
const maxLine = 8 << 10

// lineWriter writes whole lines, each with a prefix, so that those of several workers do not mix.
type lineWriter struct {
	mu     sync.Mutex
	out    io.Writer
	prefix string
	line   []byte
}

// Write implements io.Writer. That out fails is no concern of the worker's.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.line = append(w.line, p...)
	for {
		end := bytes.IndexByte(w.line, '\n') + 1
		if end == 0 && len(w.line) >= maxLine {
			w.line = append(w.line, '\n')
			end = len(w.line)
		}
		if end == 0 {
			return len(p), nil
		}
		_, _ = w.out.Write(append([]byte(w.prefix), w.line[:end]...))
		w.line = w.line[end:]
	}
}
