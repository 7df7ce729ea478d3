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

// code returns 128 plus the signal's number, as shells do: 130 for an interrupt.
func (s signalled) code() int {
	if number, ok := s.signal.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return Interrupted
}

// UntilSignal returns two contexts. The first signal that asks the program to end cancels work, the second one cleanUp,
// and a third one ends the process. stop cancels both contexts; from then on each signal ends the process.
func UntilSignal(parent context.Context) (work, cleanUp context.Context, stop func()) {
	work, endWork := context.WithCancelCause(parent)
	cleanUp, endCleanUp := context.WithCancel(context.WithoutCancel(parent))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endings()...)
	stop = func() {
		signal.Stop(signals)
		endWork(nil)
		endCleanUp()
	}
	go func() {
		select {
		case s := <-signals:
			endWork(signalled{s})
		case <-cleanUp.Done():
			return
		}
		select {
		case <-signals:
			stop()
		case <-cleanUp.Done():
		}
	}()
	return work, cleanUp, stop
}

// endings returns the signals that ask a program to end: an interrupt, a termination, and a hang-up of its terminal
// unless that is ignored, as it is under nohup.
func endings() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}
