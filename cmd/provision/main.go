// Command provision gets the right worker executable onto this machine and prints its path.
package main

import (
	"context"
	"io"
	"os"
	"slices"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/provisioner"
)

func main() {
	builtin.Main()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but for the process's end: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, _, stop := exit.UntilSignal(context.Background())
	defer stop()
	context.AfterFunc(ctx, stop) // from then on a signal ends the process

	app := &app{stdout: stdout, stderr: stderr, json: slices.Contains(args, "--json")} // also where the flags can't be read
	cmd := app.rootCommand()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if ctx.Err() != nil && provisioner.KindOf(err) == provisioner.Cancelled {
		err = provisioner.Errorf(provisioner.Cancelled, "cancelled") // whatever was under way
	}
	app.report(err)
	return exit.Code(ctx, err)
}
