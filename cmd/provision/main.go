// Command provision gets the right worker executable onto this machine and prints its path.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/rbee-keeper/provision/plugins/builtin"
)

func main() {
	builtin.Main()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but for the process's end: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	app := &app{stdout: stdout, stderr: stderr, json: slices.Contains(args, "--json")} // also where the flags can't be read
	cmd := app.rootCommand()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	app.report(err)
	if cause, ok := errors.AsType[signalled](context.Cause(ctx)); ok && err != nil {
		return cause.exitCode()
	}
	return exitCode(err)
}

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

// untilSignal derives a context that the first interrupt or termination signal ends. A second one ends the process.
func untilSignal(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(signalled{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
