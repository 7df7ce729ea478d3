package plugins

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func done(file string, n int64) provisioner.Progress {
	return provisioner.Progress{File: file, Done: n}
}

func said(message string) provisioner.Progress { return provisioner.Progress{Message: message} }

// throttled runs report under a clock that costs no time, and returns what came through while it ran and after it.
func throttled(t *testing.T, report func(*throttle)) (during, after []provisioner.Progress) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		var sent []provisioner.Progress
		throttle := newThrottle(time.Second, func(p provisioner.Progress) { sent = append(sent, p) })
		report(throttle)
		synctest.Wait()
		during = append(during, sent...)
		throttle.finish()
		throttle.report(done("late", 1))
		throttle.report(said("late"))
		time.Sleep(time.Minute)
		after = sent[len(during):]
	})
	return during, after
}

func TestTheFirstAndTheLastStateComeThrough(t *testing.T) {
	during, after := throttled(t, func(throttle *throttle) {
		for i := range int64(1000) {
			throttle.report(done("a", i))
		}
	})
	require.Equal(t, []provisioner.Progress{done("a", 0)}, during)
	require.Equal(t, []provisioner.Progress{done("a", 999)}, after)
}

func TestTheNewestStateOfEachFileComesThroughOncePerInterval(t *testing.T) {
	during, after := throttled(t, func(throttle *throttle) {
		for i := range int64(30) {
			throttle.report(done("a", i))
			throttle.report(done("b", i))
			time.Sleep(90 * time.Millisecond)
		}
		time.Sleep(time.Minute)
	})
	require.Equal(t, []provisioner.Progress{
		done("a", 0),
		done("b", 1), done("a", 1), // the first intervals are shorter
		done("a", 4), done("b", 4),
		done("a", 9), done("b", 9),
		done("a", 20), done("b", 20),
		done("a", 29), done("b", 29),
	}, during)
	require.Empty(t, after)
}

func TestMessagesComeThroughInTheirPlace(t *testing.T) {
	during, after := throttled(t, func(throttle *throttle) {
		throttle.report(done("a", 1))
		throttle.report(done("a", 2))
		throttle.report(said("again"))
		throttle.report(said("and again"))
		throttle.report(done("a", 3))
	})
	require.Equal(t, []provisioner.Progress{done("a", 1), done("a", 2), said("again"), said("and again")}, during)
	require.Equal(t, []provisioner.Progress{done("a", 3)}, after)
}

func TestWhatTakesBackIsNotHeld(t *testing.T) {
	var sent []int64
	throttle := newThrottle(time.Hour, func(p provisioner.Progress) { sent = append(sent, p.Settled) })
	for _, settled := range []int64{1, 2, 3, 0, 4} {
		throttle.report(provisioner.Progress{File: "a", Path: "a.part", Settled: settled})
	}
	require.Equal(t, []int64{1, 3, 0}, sent)
}

func TestWhatAMessageToldAsSettledMayBeTakenBack(t *testing.T) {
	var sent []int64
	throttle := newThrottle(time.Hour, func(p provisioner.Progress) { sent = append(sent, p.Settled) })
	throttle.report(provisioner.Progress{File: "a", Path: "a.part", Settled: 1})
	throttle.report(provisioner.Progress{File: "a", Path: "a.part", Settled: 5, Message: "again"})
	throttle.report(provisioner.Progress{File: "a", Path: "a.part", Settled: 3})
	throttle.report(provisioner.Progress{File: "a", Path: "a.part", Settled: 9})
	require.Equal(t, []int64{1, 5, 3}, sent)
}
