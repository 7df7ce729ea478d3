package progress

import (
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

const (
	rateWindow  = 10 * time.Second // over which the rate is averaged
	rateSamples = 20               // in the window
)

// RateMeter computes how fast files arrive; several may arrive at once. The zero value is ready to use. A RateMeter is
// used from one goroutine.
type RateMeter struct{ files map[string][]sample }

type sample struct {
	at   time.Time
	done int64 // bytes
}

// Add takes a report at the time now and returns the rate of its file in bytes per second, and in how many seconds the
// rest will have arrived. Both are 0 as long as they are unknown.
func (m *RateMeter) Add(now time.Time, p provisioner.Progress) (rate int64, eta float64) {
	if m.files == nil || len(m.files) > maxFiles {
		m.files = map[string][]sample{}
	}
	samples := m.files[p.File]
	if last := len(samples) - 1; last >= 0 && p.Done < samples[last].done {
		samples = nil // the file was started again
	}
	if last := len(samples) - 1; last < 0 || now.Sub(samples[last].at) >= rateWindow/rateSamples {
		samples = append(samples, sample{now, p.Done})
	}
	for len(samples) > 1 && now.Sub(samples[0].at) > rateWindow {
		samples = samples[1:]
	}
	m.files[p.File] = samples
	first := samples[0]
	span := now.Sub(first.at)
	if span < time.Second/2 || p.Done <= first.done {
		return 0, 0
	}
	rate = int64(float64(p.Done-first.done) / span.Seconds())
	if rest := p.Total - p.Done; rate > 0 && rest > 0 {
		eta = float64(rest) / float64(rate)
	}
	return rate, eta
}
