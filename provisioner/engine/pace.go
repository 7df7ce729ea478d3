package engine

import (
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

const (
	paceWindow  = 10 * time.Second // of which the rate is the mean
	paceSamples = 20
	maxPaced    = 100 // files; what a build compiles changes all the time
)

// pace tells how fast files come, of which several may be on their way.
type pace struct{ files map[string][]sample }

type sample struct {
	at   time.Time
	done int64
}

// note takes how far a file is, and returns its rate in bytes per second and after how many seconds the rest will be there; zero where
// nothing can be told yet.
func (p *pace) note(now time.Time, progress provisioner.Progress) (rate int64, eta float64) {
	if p.files == nil || len(p.files) > maxPaced {
		p.files = map[string][]sample{}
	}
	samples := p.files[progress.File]
	if last := len(samples) - 1; last >= 0 && progress.Done < samples[last].done {
		samples = nil // begun anew
	}
	if last := len(samples) - 1; last < 0 || now.Sub(samples[last].at) >= paceWindow/paceSamples {
		samples = append(samples, sample{now, progress.Done})
	}
	for len(samples) > 1 && now.Sub(samples[0].at) > paceWindow {
		samples = samples[1:]
	}
	p.files[progress.File] = samples
	first := samples[0]
	span := now.Sub(first.at)
	if span < time.Second/2 || progress.Done <= first.done {
		return 0, 0
	}
	rate = int64(float64(progress.Done-first.done) / span.Seconds())
	if rest := progress.Total - progress.Done; rate > 0 && rest > 0 {
		eta = float64(rest) / float64(rate)
	}
	return rate, eta
}
