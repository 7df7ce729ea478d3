package progress

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/stretchr/testify/require"
)

const mega = 1 << 20

// track reports 10 MiB a second of a file of 1000 MiB, from one moment to another.
func track(m *RateMeter, file string, from, to time.Duration) (rate int64, eta float64) {
	for at := from; at <= to; at += 100 * time.Millisecond {
		rate, eta = m.Add(time.Unix(0, 0).Add(at), provisioner.Progress{File: file, Done: int64(at.Seconds() * 10 * mega),
			Total: 1000 * mega})
	}
	return rate, eta
}

func TestRateMeter_oneFile(t *testing.T) {
	var m RateMeter
	rate, eta := track(&m, "a", 0, 300*time.Millisecond)
	require.Zero(t, rate, "it is too early")
	require.Zero(t, eta)
	rate, eta = track(&m, "a", 400*time.Millisecond, 50*time.Second)
	require.InDelta(t, 10*mega, rate, mega/10)
	require.InDelta(t, 50, eta, 1)

	rate, _ = m.Add(time.Unix(200, 0), provisioner.Progress{File: "a", Done: 501 * mega, Total: 1000 * mega})
	require.Zero(t, rate, "samples from before a long silence do not count")
	rate, _ = m.Add(time.Unix(201, 0), provisioner.Progress{File: "a", Done: 5, Total: 1000 * mega})
	require.Zero(t, rate, "the file was started again")
}

func TestRateMeter_twoFilesAtOnce(t *testing.T) {
	var m RateMeter
	for at := time.Duration(0); at < 5*time.Second; at += 200 * time.Millisecond {
		track(&m, "a", at, at)
		track(&m, "b", at, at)
	}
	for _, file := range []string{"a", "b"} {
		rate, _ := track(&m, file, 5*time.Second, 5*time.Second)
		require.InDelta(t, 10*mega, rate, mega/10)
	}
}

func TestRateMeter_boundsWhatItKeepsOfNonsense(t *testing.T) {
	var m RateMeter
	for i := range 10_000 {
		m.Add(time.Unix(int64(i), 0), provisioner.Progress{File: fmt.Sprint(i)})
	}
	require.LessOrEqual(t, len(m.files), maxFiles+1)
	m.Add(time.Unix(0, 0), provisioner.Progress{File: "a", Done: 0, Total: math.MaxInt64})
	rate, eta := m.Add(time.Unix(5, 0), provisioner.Progress{File: "a", Done: 5, Total: math.MaxInt64})
	require.EqualValues(t, 1, rate)
	require.Greater(t, eta, 1e18)
	_, eta = m.Add(time.Unix(6, 0), provisioner.Progress{File: "a", Done: 10, Total: 5})
	require.Zero(t, eta, "there is more than was announced")
}
