package report

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

// barReporter draws a bar for each file that is downloaded, or a spinner for a build, and writes lines above it.
type barReporter struct {
	narrator
	progress *mpb.Progress
	bar      *mpb.Bar
	key      string                 // of the current bar: a file's name, or the phase of a build
	label    atomic.Pointer[string] // what is being fetched; read while the bar is drawn
}

func newBarReporter(terminal *os.File) *barReporter {
	out := cupwriter.New(fromLineStart{terminal}, false)
	out.SetTermFd(int(terminal.Fd()))
	return &barReporter{progress: mpb.New(mpb.WithConsoleWriter(out), mpb.WithWidth(64))}
}

// fromLineStart moves the cursor to the start of the line before each write. A terminal that echoes a Ctrl-C moves the
// cursor; the next bar would be drawn shifted and never erased.
type fromLineStart struct{ out io.Writer }

func (w fromLineStart) Write(p []byte) (int, error) {
	n, err := w.out.Write(append([]byte{'\r'}, p...))
	return max(n-1, 0), err
}

// Event implements Reporter.
func (r *barReporter) Event(e provisioner.Event) {
	if e.Action == provisioner.ActionProgress && e.Progress.Message == "" {
		r.draw(*e.Progress)
		return
	}
	if e.Action != provisioner.ActionProgress { // a progress message is written above the bar, which stays
		r.end()
	}
	r.write(r.progress, e)
}

// draw moves the bar of p's file, or makes it. A build has one spinner for all that it compiles.
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
		return r.progress.New(0, mpb.SpinnerStyle(), mpb.BarRemoveOnComplete(), mpb.BarWidth(3),
			mpb.AppendDecorators(label))
	}
	return r.progress.New(p.Total, mpb.BarStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(label),
		mpb.AppendDecorators(
			decor.Any(func(s decor.Statistics) string { return Bytes(s.Current) + " of " + Bytes(s.Total) }),
			decor.Any(speed(p.Done, time.Now())),
		))
}

// speed returns a decorator with the speed since start and the time that is left. The bytes of an earlier run, before,
// do not count.
func speed(before int64, start time.Time) func(decor.Statistics) string {
	return func(s decor.Statistics) string {
		elapsed := time.Since(start).Seconds()
		rate := float64(s.Current-before) / max(elapsed, 0.001)
		if elapsed < 0.5 || rate <= 0 {
			return ""
		}
		left := time.Duration(float64(s.Total-s.Current) / rate * float64(time.Second))
		return fmt.Sprintf("  %s/s  %s", Bytes(int64(rate)), left.Round(time.Second))
	}
}

// end removes the bar, if there is any.
func (r *barReporter) end() {
	if r.bar != nil {
		r.bar.Abort(true)
		r.bar.Wait()
		r.bar = nil
	}
}

// Close implements Reporter.
func (r *barReporter) Close(err error) {
	r.end()
	r.conclude(r.progress, err)
	r.progress.Wait()
}
