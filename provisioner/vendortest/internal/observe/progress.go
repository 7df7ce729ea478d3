package observe

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// ProgressLog records the progress that one fetch reports. It is safe for concurrent use.
type ProgressLog struct {
	dir   string
	first chan struct{} // closed at the first event
	began time.Time

	mu      sync.Mutex
	summary Summary
	last    map[string]provisioner.Progress // by file
	ended   bool
}

// Summary is what a ProgressLog has recorded.
type Summary struct {
	Wrong   string         // describes the first event that breaks a rule; empty if none does
	Events  int            // before the end of the call
	Late    int            // events after it
	PerFile map[string]int // events without a message, by file
	Took    time.Duration  // of the call
}

// NewProgressLog begins a log for a fetch into the folder dir.
func NewProgressLog(dir string) *ProgressLog {
	return &ProgressLog{
		dir: dir, first: make(chan struct{}), began: time.Now(),
		summary: Summary{PerFile: map[string]int{}}, last: map[string]provisioner.Progress{},
	}
}

// Record is the OnProgress of the fetch.
func (l *ProgressLog) Record(p provisioner.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		l.summary.Late++
		return
	}
	if l.summary.Events++; l.summary.Events == 1 {
		close(l.first)
	}
	if p.Message == "" {
		l.summary.PerFile[p.File]++
	}
	if wrong := l.wrong(p); l.summary.Wrong == "" && wrong != "" {
		l.summary.Wrong = fmt.Sprintf("%s: %+v", wrong, p)
	}
	if p.Message == "" || p.Done > 0 {
		l.last[p.File] = p
	}
}

// wrong describes the rule that an event breaks; it is empty if there is none.
func (l *ProgressLog) wrong(p provisioner.Progress) string {
	before := l.last[p.File]
	startsAgain := p.Settled < before.Settled
	switch {
	case p.Phase != "" && p.Phase != provisioner.Downloading && p.Phase != provisioner.Building:
		return "the phase is unknown"
	case p.Done < 0 || p.Total < 0 || p.Settled < 0:
		return "a number of bytes is negative"
	case p.Total > 0 && p.Done > p.Total:
		return "done is more than total"
	case p.Message == "" && p.Done < before.Done && !startsAgain:
		return fmt.Sprintf("done is less than the %d bytes before", before.Done)
	case p.Settled > 0 && p.Path == "":
		return "bytes have settled, but path does not name their file"
	case p.Path != "" && !IsBelow(p.Path):
		return "the path is not below the folder"
	case p.Path != "" && l.sizeOf(p.Path) < p.Settled:
		return "the file is shorter than the settled bytes"
	default:
		return ""
	}
}

// sizeOf returns the size of a growing file. A file that is missing was renamed or started again since: it counts as
// long enough.
func (l *ProgressLog) sizeOf(path string) int64 {
	info, err := os.Stat(filepath.Join(l.dir, filepath.FromSlash(path)))
	if err != nil {
		return math.MaxInt64
	}
	return info.Size()
}

// End records that the call has returned.
func (l *ProgressLog) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended, l.summary.Took = true, time.Since(l.began)
}

// Summary returns what was recorded until now. Its map is complete, and no longer written to, after End.
func (l *ProgressLog) Summary() Summary {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.summary
}

// FirstEvent returns a channel that is closed at the first event, or after the limit.
func (l *ProgressLog) FirstEvent(limit time.Duration) <-chan struct{} {
	c := make(chan struct{})
	go func() {
		defer close(c)
		select {
		case <-l.first:
		case <-time.After(limit):
		}
	}()
	return c
}

// IsBelow reports whether a slash-separated path names something below a folder.
func IsBelow(path string) bool {
	return fs.ValidPath(path) && path != "." && filepath.IsLocal(filepath.FromSlash(path))
}
