package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// logPatience is how long the log may hold up those who write to it.
const logPatience = time.Second

// logWriter is the log: stderr, which may be a pipe that nobody reads from just now. That must hold up no worker for
// long, nor the end: what can't be written is dropped until the log takes more, and then told of.
type logWriter struct {
	out      io.Writer
	patience time.Duration

	mu       sync.Mutex
	underWay <-chan struct{} // closed when the write ends that took too long; nil if none did
	dropped  int             // bytes since then
}

// Write implements io.Writer. It never fails: nobody could be told.
func (w *logWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.underWay:
		w.underWay = nil
	default:
	}
	if w.underWay != nil {
		w.dropped += len(p)
		return len(p), nil
	}
	text := bytes.Clone(p)
	if w.dropped > 0 {
		text = append(fmt.Appendf(nil, "\nhive: %d bytes of the log were dropped: nobody read it\n", w.dropped), text...)
		w.dropped = 0
	}
	w.write(text)
	return len(p), nil
}

// write waits for the write to end, but not for long. w.mu is held.
func (w *logWriter) write(text []byte) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = w.out.Write(text)
	}()
	timer := time.NewTimer(w.patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		w.underWay = done
	}
}
