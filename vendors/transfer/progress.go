package transfer

import "time"

// Progress describes how far a download is, in bytes.
type Progress struct {
	Path  string // of the growing file, slash-separated, relative to Request.Dir
	Done  int64  // all bytes that are present
	Total int64  // 0 while unknown
	// Settled counts the bytes from the beginning that are present and final, without a gap. If it becomes smaller, the
	// file starts over: that is reported before any byte changes, and the bytes change in place.
	Settled int64
}

// The first report comes early, for a reader that follows the file. A person needs fewer reports.
const (
	firstReport    = 10 * time.Millisecond
	reportInterval = 100 * time.Millisecond
)

// report calls OnProgress if something changed.
func (d *download) report() {
	p := d.plan.Progress()
	now := Progress{Path: d.part.Path(), Done: p.Done, Total: p.Total, Settled: p.Settled}
	if now.Total == 0 {
		now.Total = d.req.Size
	}
	if d.req.OnProgress != nil && now != d.reported {
		d.req.OnProgress(now)
	}
	d.reported = now
}
