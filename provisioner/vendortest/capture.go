package vendortest

import (
	"bytes"
	"sync"
)

// maxCaptured bounds what is kept of a vendor's output, in bytes.
const maxCaptured = 1 << 20

// capture keeps the beginning of what is written to it.
type capture struct {
	mu    sync.Mutex
	kept  bytes.Buffer
	total int64
}

// Write implements io.Writer; it does not fail.
func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total += int64(len(p))
	c.kept.Write(p[:min(len(p), maxCaptured-c.kept.Len())])
	return len(p), nil
}

// text is what was kept, and how many bytes were written.
func (c *capture) text() (string, int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.String(), c.total
}
