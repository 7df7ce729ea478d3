package transfer

import "time"

// Progress tells how far a download is, in bytes.
type Progress struct {
	Path  string // slash-separated, below Dir, of the file while it grows
	Done  int64  // what is there of it, wherever
	Total int64  // 0 while unknown
	// Settled bytes from its beginning are there and final. Less than before means that the file is begun anew: it is told
	// before any byte changes, which happens in place.
	Settled int64
}

// What follows a download needs something to begin with soon; a watcher needs less.
const (
	tellFirst = 10 * time.Millisecond
	tellEvery = 100 * time.Millisecond
)

// tell reports progress if there is something to tell.
func (d *download) tell() {
	now := d.plan.progress()
	now.Path = d.part.path()
	if now.Total == 0 {
		now.Total = d.req.Size
	}
	if d.req.OnProgress != nil && now != d.told {
		d.req.OnProgress(now)
	}
	d.told = now
}
