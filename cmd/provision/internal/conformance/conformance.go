// Package conformance has the command `plugin conformance`, which checks whether a vendor's executable keeps its contract. The
// checks are those of provisioner/vendortest.
package conformance

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/plugins/plugintest"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
)

const help = `Start a vendor as the host does, and check whether it keeps its contract.

It is granted all that it declares, and nothing else: it runs in the sandbox that --sandbox asks for, whatever the configuration
says.

Give it a query that it has a release for: that release is really fetched, a download up to three times. Without a release the
checks of Fetch are skipped. The arguments after PATH are the vendor's.

  provision plugin conformance ./provision-vendor-acme --type cpu-llm --with '{"index": "https://mirror.example/index.json"}'

A line for each check goes to stdout, with --json one object. Exit codes: 0 nothing failed; 2 usage; 7 a check failed.`

// Conformance checks a vendor's executable.
type Conformance struct {
	*cli.Session
	With, Settings string // JSON objects, or files that hold one: the source's options, and the vendor's own configuration
	Type           string // the worker type to ask for
	Binary         string // the name of the wanted executable; may be empty
	Platform       string // os/arch; empty is this machine's
	Host           cli.Host
	Env            []string      // NAME=value, or NAME to take the value of this process
	AnyPlatform    bool          // the releases run everywhere, even on a platform that does not exist
	Timeout        time.Duration // of a call that is not cancelled
}

// New returns the command `plugin conformance`.
func New(s *cli.Session) *cobra.Command {
	c := &Conformance{Session: s}
	cmd := &cobra.Command{
		Use:   "conformance PATH [ARGS...]",
		Short: "Check whether a vendor's executable keeps its contract",
		Long:  help,
		Args:  cli.MinimumOneArg("the path of a vendor's executable"),
		RunE:  func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args[0], args[1:]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&c.With, "with", "", "options of the source: a JSON `object`, or a file that holds one")
	flags.StringVar(&c.Settings, "config", "", "the vendor's own configuration: a JSON `object`, or a file that holds one")
	flags.StringVar(&c.Type, "type", catalog.CpuLlm.String(), "worker `type` to ask for")
	flags.StringVar(&c.Binary, "binary", "", "`name` of the executable that is wanted")
	flags.StringVar(&c.Platform, "platform", "", "`os/arch` to ask for (default this machine's)")
	flags.StringArrayVar(&c.Env, "env", nil, "`variable` to pass on, or NAME=value to set, besides those that the vendor declares")
	flags.BoolVar(&c.AnyPlatform, "any-platform", false, "the releases run everywhere, also on a platform that does not exist")
	flags.DurationVar(&c.Timeout, "timeout", 2*time.Minute, "how long a call may take that is not cancelled")
	c.Host.Flag(flags)
	return cmd
}

// Run checks the executable at a path, started with some arguments, and prints the result of each check.
func (c *Conformance) Run(ctx context.Context, path string, args []string) error {
	query, err := c.query(ctx)
	if err != nil {
		return err
	}
	command, err := c.command(path, args)
	if err != nil {
		return err
	}
	mode, err := sandbox.ParseMode(cmp.Or(c.Sandbox, string(sandbox.Auto)))
	if err != nil {
		return exit.WrongUsage(err)
	}
	if command.Sandbox, err = declaredRules(ctx, command, mode, query); err != nil {
		return err
	}
	limits := sandbox.Available(command.Sandbox)
	if mode == sandbox.Auto && !limits.Files {
		c.Notef("the vendor runs without a sandbox: %s", strings.Join(limits.Missing, "; "))
	}
	suite := plugintest.Suite(command, query)
	suite.AnyPlatform, suite.Timeout = c.AnyPlatform, c.Timeout
	a := answer{Vendor: command.Path, Sandbox: limits}
	for result := range suite.Results(ctx) {
		a.add(result)
		if !c.JSON {
			c.printResult(result)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.JSON {
		err = c.Print(a)
	} else {
		_, err = fmt.Fprintf(c.Stdout, "%d passed, %d failed, %d skipped\n", a.Passed, a.Failed, a.Skipped)
	}
	if err == nil && a.Failed > 0 {
		return provisioner.Errorf(provisioner.PluginFault, "%d of %d checks failed", a.Failed, len(a.Checks)).
			WithHint("see vendor.proto and the guide in plugins/README.md for what a vendor does")
	}
	return err
}

// answer is what --json prints.
type answer struct {
	Vendor  string              `json:"vendor"` // path of the executable
	Sandbox sandbox.Report      `json:"sandbox"`
	Passed  int                 `json:"passed"`
	Failed  int                 `json:"failed"`
	Skipped int                 `json:"skipped"`
	Checks  []vendortest.Result `json:"checks"`
}

func (a *answer) add(result vendortest.Result) {
	a.Checks = append(a.Checks, result)
	switch result.Outcome {
	case vendortest.Passed:
		a.Passed++
	case vendortest.Skipped:
		a.Skipped++
	default:
		a.Failed++
	}
}

var outcomeMarks = map[vendortest.Outcome]string{vendortest.Passed: "ok", vendortest.Skipped: "skip", vendortest.Failed: "FAIL"}

// printResult prints the outcome of one check, and a hint if it failed.
func (c *Conformance) printResult(r vendortest.Result) {
	const indent = "\n      "
	line := fmt.Sprintf("%-4s  %s", outcomeMarks[r.Outcome], r.Check)
	if r.Reason != "" {
		line += ": " + strings.ReplaceAll(r.Reason, "\n", indent)
	}
	if r.Hint != "" {
		line += indent + "hint: " + r.Hint
	}
	fmt.Fprintln(c.Stdout, line)
}
