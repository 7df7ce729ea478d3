// Package conformance has the command `plugin conformance`, which checks whether a vendor's executable keeps its
// contract. The checks are those of provisioner/vendortest.
package conformance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/plugintest"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/machine"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
)

const help = `Start a vendor as the host does, and check whether it keeps its contract.

It is granted all that it declares, and nothing else: it runs in the sandbox that --sandbox asks for, whatever the
configuration contains.

Give it a query that it has a release for: that release is really fetched, a download up to three times. Without a
release the checks of Fetch are skipped. The arguments after PATH are the vendor's.

  provision plugin conformance ./provision-vendor-acme --type cpu-llm --with '{"index": "https://example.org/i.json"}'

A line for each check goes to stdout, with --json one object. Exit codes: 0 nothing failed; 2 usage; 7 a check failed.`

// Conformance checks a vendor's executable.
type Conformance struct {
	*cli.Session
	// With has the source's options and Settings the vendor's configuration: a JSON object, or a file that holds one.
	With, Settings string
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
	flags.StringVar(&c.Settings, "config", "", "the vendor's configuration: a JSON `object`, or a file that holds one")
	flags.StringVar(&c.Type, "type", catalog.CpuLlm.String(), "worker `type` to ask for")
	flags.StringVar(&c.Binary, "binary", "", "`name` of the executable that is wanted")
	flags.StringVar(&c.Platform, "platform", "", "`os/arch` to ask for (default this machine's)")
	flags.StringArrayVar(&c.Env, "env", nil,
		"`variable` to pass on, or NAME=value to set, besides those that the vendor declares")
	flags.BoolVar(&c.AnyPlatform, "any-platform", false, "the releases run on any platform, even an unknown one")
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
	a, count := answer{Vendor: command.Path, Sandbox: limits}, map[vendortest.Outcome]int{}
	for result := range suite.Results(ctx) {
		a.Checks = append(a.Checks, result)
		count[result.Outcome]++
		if !c.JSON {
			c.printResult(result)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	a.Passed, a.Failed, a.Skipped = count[vendortest.Passed], count[vendortest.Failed], count[vendortest.Skipped]
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

var outcomeMarks = map[vendortest.Outcome]string{
	vendortest.Passed: "ok", vendortest.Skipped: "skip", vendortest.Failed: "FAIL",
}

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

// declaredRules returns the sandbox's rules for what a vendor declares. A vendor that does not describe itself is
// granted nothing: the checks find out what is wrong with it.
func declaredRules(
	ctx context.Context, command plugins.Command, mode sandbox.Mode, q provisioner.Query,
) (sandbox.Rules, error) {
	extra := command.Env
	command.Env, command.Sandbox = slices.Concat(plugins.Environment(), extra), sandbox.Rules{Mode: mode}
	p, err := plugins.Launch(ctx, command)
	if errors.Is(err, sandbox.ErrUnavailable) {
		return sandbox.Rules{}, err
	}
	if err != nil {
		return command.Sandbox, nil
	}
	defer p.Close()
	description, err := p.Describe(ctx)
	if err != nil {
		return command.Sandbox, nil
	}
	rules := builtin.DeclaredRules(mode, description, q, extra)
	if mode == sandbox.Require && len(sandbox.Available(rules).Missing) > 0 {
		return rules, provisioner.Errorf(provisioner.InvalidConfig, "%w: %s", sandbox.ErrUnavailable,
			strings.Join(sandbox.Available(rules).Missing, "; ")).
			WithHint("the sandbox mode `auto` applies what the system can do")
	}
	return rules, nil
}

// query builds the query that the vendor is asked.
func (c *Conformance) query(ctx context.Context) (q provisioner.Query, err error) {
	if q.Type, err = catalog.ParseWorkerType(c.Type); err != nil {
		return q, exit.WrongUsage(err)
	}
	if q.Platform, q.Arch, err = cli.ParsePlatform(c.Platform); err != nil {
		return q, err
	}
	if q.With, err = jsonObject("with", c.With); err != nil {
		return q, err
	}
	if q.Config, err = jsonObject("config", c.Settings); err != nil {
		return q, err
	}
	facts, err := machine.Find(ctx, machine.Options{}).Override(c.Host)
	if err != nil {
		return q, exit.WrongUsage(err)
	}
	q.Binary, q.Host = c.Binary, facts.Host()
	return q, nil
}

// jsonObject reads the value of a flag: an object, or the path of a file that holds one.
func jsonObject(flag, value string) (json.RawMessage, error) {
	if value == "" {
		return nil, nil
	}
	data := []byte(value)
	if !strings.HasPrefix(strings.TrimSpace(value), "{") {
		var err error
		if data, err = os.ReadFile(value); err != nil {
			return nil, exit.Usagef("--%s: want a JSON object, or a file that holds one: %w", flag, err)
		}
	}
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, exit.Usagef("--%s: want a JSON object: %w", flag, err)
	}
	return data, nil
}

// command returns what starts the executable at a path, with the variables of --env.
func (c *Conformance) command(path string, args []string) (plugins.Command, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return plugins.Command{}, err
	}
	if err := store.CheckExecutable(absolute); err != nil {
		return plugins.Command{}, err
	}
	command := plugins.Command{Name: filepath.Base(absolute), Path: absolute, Args: args}
	for _, v := range c.Env {
		value, isSet := os.LookupEnv(v)
		switch {
		case strings.Contains(v, "="):
			command.Env = append(command.Env, v)
		case isSet:
			command.Env = append(command.Env, v+"="+value)
		}
	}
	return command, nil
}
