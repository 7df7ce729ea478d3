// Command provision gets the right worker executable onto this machine and prints its path.
package main

import (
	"context"
	"io"
	"os"
	"slices"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/provisioner"
)

func main() {
	builtin.Main()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run runs a command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, _, stop := exit.UntilSignal(context.Background())
	defer stop()
	context.AfterFunc(ctx, stop) // from then on a signal ends the process

	isJSON := slices.Contains(args, "--json") // also if the flags can't be parsed
	session := &cli.Session{Output: report.Output{Stdout: stdout, Stderr: stderr, JSON: isJSON}, Version: version()}
	cmd := newRoot(session)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if ctx.Err() != nil && provisioner.KindOf(err) == provisioner.Cancelled {
		err = provisioner.Errorf(provisioner.Cancelled, "cancelled") // instead of the operation that was cancelled
	}
	session.ReportError(err)
	return exit.Code(ctx, err)
}
