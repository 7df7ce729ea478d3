package exit

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal os.Signal }

func (s signalled) Error() string { return s.signal.String() }

// code is 128 and the signal's number, as shells have it: 130 for an interrupt.
func (s signalled) code() int {
	if number, ok := s.signal.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return Interrupted
}

// UntilSignal returns two contexts: the first signal that asks for the program's end ends one, which is for the work,
// and the second signal the other, which is for clearing up. A third ends the process, and so does each signal after
// stop.
func UntilSignal(parent context.Context) (work, clearing context.Context, stop func()) {
	work, endWork := context.WithCancelCause(parent)
	clearing, endClearing := context.WithCancel(context.WithoutCancel(parent))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endings()...)
	stop = func() {
		signal.Stop(signals)
		endWork(nil)
		endClearing()
	}
	go func() {
		select {
		case s := <-signals:
			endWork(signalled{s})
		case <-clearing.Done():
			return
		}
		select {
		case <-signals:
			stop()
		case <-clearing.Done():
		}
	}()
	return work, clearing, stop
}

// endings are the signals that ask a program to end: an interrupt, a termination, and the end of its terminal, unless
// whoever started it wants it to outlive that, as nohup does.
func endings() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}
