package provisioner

import "time"

const (
	paceWindow  = 10 * time.Second // of which the rate is the mean
	paceSamples = 20
)

// pace tells how fast a file comes.
type pace struct {
	file    string
	samples []sample
}

type sample struct {
	at   time.Time
	done int64
}

// note takes how far a file is, and returns its rate in bytes per second and how long the rest will take; zero where nothing can be
// told yet.
func (p *pace) note(now time.Time, progress Progress) (rate int64, eta time.Duration) {
	if progress.File != p.file || len(p.samples) > 0 && progress.Done < p.samples[len(p.samples)-1].done {
		*p = pace{file: progress.File} // another file, or begun anew
	}
	if last := len(p.samples) - 1; last < 0 || now.Sub(p.samples[last].at) >= paceWindow/paceSamples {
		p.samples = append(p.samples, sample{now, progress.Done})
	}
	for len(p.samples) > 1 && now.Sub(p.samples[0].at) > paceWindow {
		p.samples = p.samples[1:]
	}
	first := p.samples[0]
	span := now.Sub(first.at)
	if span < time.Second/2 || progress.Done <= first.done {
		return 0, 0
	}
	rate = int64(float64(progress.Done-first.done) / span.Seconds())
	if rest := progress.Total - progress.Done; rate > 0 && rest > 0 {
		eta = time.Duration(float64(rest) / float64(rate) * float64(time.Second))
	}
	return rate, eta
}
