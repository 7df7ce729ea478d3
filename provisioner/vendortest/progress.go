package vendortest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// progressLog takes down what a fetch tells of its progress.
type progressLog struct {
	dir   string
	first chan struct{} // closed at the first event
	began time.Time

	mu     sync.Mutex
	wrong  string // the first thing that is wrong
	events int
	plain  map[string]int // events without a message, by file
	last   map[string]provisioner.Progress
	took   time.Duration
	ended  bool
	late   int // events after the end
}

func newProgressLog(dir string) *progressLog {
	return &progressLog{
		dir: dir, first: make(chan struct{}), began: time.Now(), plain: map[string]int{}, last: map[string]provisioner.Progress{},
	}
}

// note is the OnProgress of a request.
func (l *progressLog) note(p provisioner.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		l.late++
		return
	}
	if l.events++; l.events == 1 {
		close(l.first)
	}
	if p.Message == "" {
		l.plain[p.File]++
	}
	if wrong := l.judge(p); l.wrong == "" && wrong != "" {
		l.wrong = fmt.Sprintf("%s: %+v", wrong, p)
	}
	if p.Message == "" || p.Done > 0 {
		l.last[p.File] = p
	}
}

// judge tells what is wrong with an event; empty if nothing is.
func (l *progressLog) judge(p provisioner.Progress) string {
	before := l.last[p.File]
	beginsAnew := p.Settled < before.Settled
	switch {
	case p.Phase != "" && p.Phase != provisioner.Downloading && p.Phase != provisioner.Building:
		return "unknown phase"
	case p.Done < 0 || p.Total < 0 || p.Settled < 0:
		return "a negative number of bytes"
	case p.Total > 0 && p.Done > p.Total:
		return "more is done than there is"
	case p.Message == "" && p.Done < before.Done && !beginsAnew:
		return fmt.Sprintf("less is done than the %d bytes before", before.Done)
	case p.Settled > 0 && p.Path == "":
		return "bytes have settled, and no path tells of which file"
	case p.Path != "" && !isBelow(p.Path):
		return "the path is not below the folder"
	case p.Path != "" && l.sizeOf(p.Path) < p.Settled:
		return "fewer bytes are in the file than have settled"
	default:
		return ""
	}
}

// sizeOf is that of a growing file, which may have its final name already.
func (l *progressLog) sizeOf(path string) int64 {
	info, err := os.Stat(filepath.Join(l.dir, filepath.FromSlash(path)))
	if err != nil {
		return 1<<63 - 1 // it was renamed or begun anew since; the host waits for the result then
	}
	return info.Size()
}

func (l *progressLog) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended, l.took = true, time.Since(l.began)
}

func (l *progressLog) lateEvents() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.late
}

func isBelow(name string) bool {
	return fs.ValidPath(name) && name != "." && filepath.IsLocal(filepath.FromSlash(name))
}

func checkProgress(_ context.Context, s *session) error {
	if err := s.needFetch(); err != nil {
		return err
	}
	log := s.fetched.log
	log.mu.Lock()
	defer log.mu.Unlock()
	switch {
	case log.wrong != "":
		return failf("%s", log.wrong)
	case log.events == 0 && log.took > time.Second:
		return failf("it tells of no progress in %s", log.took.Round(time.Millisecond))
	case log.late > 0:
		return failf("%d events came after the end of the call", log.late)
	default:
		return nil
	}
}

// The rate of events that is borne: what is meant, and half as much again for those that were held up on the way.
const (
	eventsPerSecond = 15 * 3 / 2
	firstEvents     = 30
)

// checkRate is for processes, since in Go plugins.Serve thins events out.
func checkRate(_ context.Context, s *session) error {
	if err := s.needFetch(); err != nil {
		return err
	}
	log := s.fetched.log
	log.mu.Lock()
	defer log.mu.Unlock()
	for file, n := range log.plain {
		if limit := firstEvents + int(log.took.Seconds()*eventsPerSecond); n > limit {
			return failf("%d events of %q in %s", n, file, log.took.Round(time.Millisecond))
		}
	}
	return nil
}
