package main

import (
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/rbee-keeper/provision/provisioner"
)

// barReporter draws a bar for each file that is downloaded, and writes lines above it.
type barReporter struct {
	narrator
	progress *mpb.Progress
	file     string
	bar      *mpb.Bar
}

func newBarReporter(terminal *os.File) *barReporter {
	return &barReporter{progress: mpb.New(mpb.WithOutput(terminal), mpb.WithWidth(64))}
}

func (r *barReporter) event(e provisioner.Event) {
	if e.Action == provisioner.ActionProgress && e.Progress.Message == "" {
		r.draw(*e.Progress)
		return
	}
	switch e.Action {
	case provisioner.ActionProgress: // a line of text, while the bar goes on
	default:
		r.end()
	}
	r.tell(r.progress, e)
}

// draw moves the bar of p's file, which it makes first if need be.
func (r *barReporter) draw(p provisioner.Progress) {
	if r.bar == nil || r.file != p.File {
		r.end()
		r.file = p.File
		r.bar = r.progress.New(p.Total, mpb.BarStyle(), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(p.File+" ")),
			mpb.AppendDecorators(
				decor.CountersKiloByte("% .1f of % .1f"),
				decor.Name("  "), decor.AverageSpeed(decor.SizeB1000(0), "% .1f"),
				decor.Name("  "), decor.AverageETA(decor.ET_STYLE_GO),
			))
	}
	r.bar.SetCurrent(p.Done)
}

// end removes the bar, if there is one.
func (r *barReporter) end() {
	if r.bar != nil {
		r.bar.Abort(true)
		r.bar.Wait()
		r.bar = nil
	}
}

func (r *barReporter) close(err error) {
	r.end()
	r.conclude(r.progress, err)
	r.progress.Wait()
}
