package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal os.Signal }

func (s signalled) Error() string { return s.signal.String() }

// exitCode is 128 and the signal's number, as shells have it: 130 for an interrupt.
func (s signalled) exitCode() int {
	if number, ok := s.signal.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return exitInterrupted
}

// untilSignal derives a context that the first interrupt or termination signal ends. The second one closes a channel: whoever
// is ending workers then gives them no more time. A third ends the process.
func untilSignal(parent context.Context) (context.Context, <-chan struct{}, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals, second, stopped := make(chan os.Signal, 2), make(chan struct{}), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			cancel(signalled{s})
		case <-stopped:
			return
		}
		select {
		case <-signals:
			signal.Stop(signals)
			close(second)
		case <-stopped:
		}
	}()
	return ctx, second, func() {
		signal.Stop(signals)
		close(stopped)
		cancel(nil)
	}
}
