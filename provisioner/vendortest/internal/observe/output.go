package observe

import (
	"bytes"
	"sync"
)

// MaxKept is how many bytes of an Output are kept.
const MaxKept = 1 << 20

// Output is a stream that a vendor writes to. It keeps the first MaxKept bytes and counts the others. Its zero value is
// empty; it is safe for concurrent use.
type Output struct {
	mu    sync.Mutex
	kept  bytes.Buffer
	total int64
}

// Write implements io.Writer. It never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.total += int64(len(p))
	o.kept.Write(p[:min(len(p), MaxKept-o.kept.Len())])
	return len(p), nil
}

// Text returns what was kept, and how many bytes were written in all.
func (o *Output) Text() (string, int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.kept.String(), o.total
}
