// Command hive runs inference workers on this machine: it installs what is missing, starts workers, waits until they serve and
// looks after them until they are to end. It is a small whole example of a program built on these packages.
//
// It knows no queen's side of the system, restarts nothing blindly and keeps no state: what is installed is in the catalog, and
// what runs ends with it.
package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/rbee-keeper/provision/plugins/builtin"
)

func main() {
	builtin.Main()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but for the process's end: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, second, stop := untilSignal(context.Background())
	defer stop()
	app := &app{stdout: stdout, stderr: stderr, hurry: second}
	cmd := app.rootCommand()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	app.report(err)
	if cause, ok := errors.AsType[signalled](context.Cause(ctx)); ok && err != nil {
		return cause.exitCode()
	}
	return exitCode(err)
}
