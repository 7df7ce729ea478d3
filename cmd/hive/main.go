// Command hive runs inference workers on this machine: it installs what is missing, starts workers, waits until they
// serve and looks after them until they are to end. It is a small whole example of a program built on these packages.
//
// It knows no queen's side of the system, restarts nothing blindly and keeps no state: what is installed is in the
// catalog, and what runs ends with it.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/plugins/builtin"
)

func main() {
	builtin.Main()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but for the process's end: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	// Whoever reads the log may go away; that must not end the hive, and leave its workers to themselves.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, clearing, stop := exit.UntilSignal(context.Background())
	defer stop()
	app := &app{stdout: stdout, stderr: &logWriter{out: stderr, patience: logPatience}, clearing: clearing}
	cmd := app.rootCommand()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	app.report(err)
	return exit.Code(ctx, err)
}
