package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/rbee-keeper/provision/provisioner"
)

// barReporter draws a bar for each file that is downloaded or a spinner for a build, and writes lines above it.
type barReporter struct {
	narrator
	progress *mpb.Progress
	bar      *mpb.Bar
	key      string                 // tells one bar from the next
	label    atomic.Pointer[string] // what the bar is about; read as it is drawn
}

func newBarReporter(terminal *os.File) *barReporter {
	out := cupwriter.New(fromLineStart{terminal}, false)
	out.SetTermFd(int(terminal.Fd()))
	return &barReporter{progress: mpb.New(mpb.WithConsoleWriter(out), mpb.WithWidth(64))}
}

// fromLineStart writes from the start of the line, wherever the cursor is: the terminal moves it when it echoes a Ctrl-C, and
// what is drawn next would be shifted and never erased.
type fromLineStart struct{ out io.Writer }

func (w fromLineStart) Write(p []byte) (int, error) {
	n, err := w.out.Write(append([]byte{'\r'}, p...))
	return max(n-1, 0), err
}

func (r *barReporter) event(e provisioner.Event) {
	if e.Action == provisioner.ActionProgress && e.Progress.Message == "" {
		r.draw(*e.Progress)
		return
	}
	if e.Action != provisioner.ActionProgress { // that is a line of text, while the bar goes on
		r.end()
	}
	r.tell(r.progress, e)
}

// draw moves the bar of p's file, which it makes first if need be. A build has one for all that it compiles.
func (r *barReporter) draw(p provisioner.Progress) {
	key := p.File
	if p.Phase == provisioner.Building {
		key = string(p.Phase)
	}
	r.label.Store(&p.File)
	if r.bar == nil || r.key != key {
		r.end()
		r.key, r.bar = key, r.newBar(p)
	}
	r.bar.SetCurrent(p.Done)
}

func (r *barReporter) newBar(p provisioner.Progress) *mpb.Bar {
	label := decor.Any(func(decor.Statistics) string { return *r.label.Load() + " " })
	if p.Phase == provisioner.Building {
		return r.progress.New(0, mpb.SpinnerStyle(), mpb.BarRemoveOnComplete(), mpb.BarWidth(3), mpb.AppendDecorators(label))
	}
	return r.progress.New(p.Total, mpb.BarStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(label),
		mpb.AppendDecorators(
			decor.Any(func(s decor.Statistics) string { return formatBytes(s.Current) + " of " + formatBytes(s.Total) }),
			decor.Any(pace(p.Done, time.Now())),
		))
}

// pace tells the speed since start and how long the rest will take. What an earlier run had brought does not count.
func pace(before int64, start time.Time) func(decor.Statistics) string {
	return func(s decor.Statistics) string {
		elapsed := time.Since(start).Seconds()
		speed := float64(s.Current-before) / max(elapsed, 0.001)
		if elapsed < 0.5 || speed <= 0 {
			return ""
		}
		rest := time.Duration(float64(s.Total-s.Current) / speed * float64(time.Second))
		return fmt.Sprintf("  %s/s  %s", formatBytes(int64(speed)), rest.Round(time.Second))
	}
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
