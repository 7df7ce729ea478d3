package main

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
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/plugintest"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/machine"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
)

const conformanceHelp = `Start a vendor as the host does, and check whether it keeps its contract.

It is granted all that it declares, and nothing else: it runs in the sandbox that --sandbox asks for, whatever the configuration says.

Give it a query that it has a release for: what it brings is fetched for real, a download up to three times. Without a release the
checks of Fetch are skipped. What follows PATH are the vendor's arguments.

  provision plugin conformance ./provision-vendor-acme --type cpu-llm --with '{"index": "https://mirror.example/index.json"}'

A line for each check goes to stdout, with --json one object. Exit codes: 0 nothing failed; 2 usage; 7 a check failed.`

// conformance holds the flags of the command.
type conformance struct {
	with, config, workerType, binary string
	env                              []string
	anyPlatform                      bool
	timeout                          time.Duration
}

func (a *app) conformanceCommand() *cobra.Command {
	var c conformance
	cmd := &cobra.Command{
		Use:   "conformance PATH [ARGS...]",
		Short: "Check whether a vendor's executable keeps its contract",
		Long:  conformanceHelp,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exit.Usagef("want the path of a vendor's executable; see `provision plugin conformance --help`")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.conformance(cmd.Context(), c, args[0], args[1:])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&c.with, "with", "", "what a source is asked with: a JSON `object`, or a file that holds one")
	flags.StringVar(&c.config, "config", "", "the vendor's own configuration: a JSON `object`, or a file that holds one")
	flags.StringVar(&c.workerType, "type", catalog.CpuLlm.String(), "worker `type` to ask for")
	flags.StringVar(&c.binary, "binary", "", "`name` of the executable that is wanted")
	flags.StringVar(&a.platform, "platform", "", "`os/arch` to ask for (default this machine's)")
	flags.StringArrayVar(&c.env, "env", nil, "`variable` to hand on of the environment, or NAME=value to set, beside those that the vendor declares")
	flags.BoolVar(&c.anyPlatform, "any-platform", false, "the releases run everywhere, also on a platform that does not exist")
	flags.DurationVar(&c.timeout, "timeout", 2*time.Minute, "how long a call may take that is not cancelled")
	a.hostFlag(cmd)
	return cmd
}

// conformance runs the checks and tells of each.
func (a *app) conformance(ctx context.Context, c conformance, path string, args []string) error {
	query, err := a.conformanceQuery(ctx, c)
	if err != nil {
		return err
	}
	command, err := vendorCommand(path, args, c.env)
	if err != nil {
		return err
	}
	mode, err := sandbox.ParseMode(cmp.Or(a.sandbox, string(sandbox.Auto)))
	if err != nil {
		return exit.WrongUsage(err)
	}
	if command.Sandbox, err = declaredRules(ctx, command, mode, query); err != nil {
		return err
	}
	limits := sandbox.Available(command.Sandbox)
	if mode == sandbox.Auto && !limits.Files {
		a.tellf("the vendor runs without a sandbox: %s", strings.Join(limits.Missing, "; "))
	}
	suite := plugintest.Suite(command, query)
	suite.AnyPlatform, suite.Timeout = c.anyPlatform, c.timeout
	report := conformanceReport{Vendor: command.Path, Sandbox: limits}
	for result := range suite.Results(ctx) {
		report.add(result)
		if !a.json {
			a.printResult(result)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if a.json {
		err = a.print(report)
	} else {
		_, err = fmt.Fprintf(a.stdout, "%d passed, %d failed, %d skipped\n", report.Passed, report.Failed, report.Skipped)
	}
	if err == nil && report.Failed > 0 {
		return provisioner.Errorf(provisioner.PluginFault, "%d of %d checks failed", report.Failed, len(report.Checks)).
			WithHint("see vendor.proto and the guide in plugins/README.md for what a vendor does")
	}
	return err
}

// declaredRules are the sandbox's for what a vendor says that it needs. One that can't tell is granted nothing: the checks find out
// what is wrong with it.
func declaredRules(ctx context.Context, command plugins.Command, mode sandbox.Mode, q provisioner.Query) (sandbox.Rules, error) {
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
			strings.Join(sandbox.Available(rules).Missing, "; ")).WithHint("the sandbox mode `auto` takes what can be had of it")
	}
	return rules, nil
}

func (a *app) conformanceQuery(ctx context.Context, c conformance) (q provisioner.Query, err error) {
	if q.Type, err = catalog.ParseWorkerType(c.workerType); err != nil {
		return q, exit.WrongUsage(err)
	}
	if q.Platform, q.Arch, err = parsePlatform(a.platform); err != nil {
		return q, exit.WrongUsage(err)
	}
	if q.With, err = jsonObject("with", c.with); err != nil {
		return q, err
	}
	if q.Config, err = jsonObject("config", c.config); err != nil {
		return q, err
	}
	facts, err := machine.Find(ctx, machine.Options{}).Override(a.host)
	if err != nil {
		return q, exit.WrongUsage(err)
	}
	q.Binary, q.Host = c.binary, facts.Host()
	return q, nil
}

// jsonObject reads the value of a flag: an object, or a file that holds one.
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

// vendorCommand starts the executable of a path, with some variables.
func vendorCommand(path string, args, variables []string) (plugins.Command, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return plugins.Command{}, err
	}
	if err := store.CheckExecutable(absolute); err != nil {
		return plugins.Command{}, err
	}
	command := plugins.Command{Name: filepath.Base(absolute), Path: absolute, Args: args}
	for _, v := range variables {
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

// conformanceReport is what --json prints.
type conformanceReport struct {
	Vendor  string              `json:"vendor"` // path of the executable
	Sandbox sandbox.Report      `json:"sandbox"`
	Passed  int                 `json:"passed"`
	Failed  int                 `json:"failed"`
	Skipped int                 `json:"skipped"`
	Checks  []vendortest.Result `json:"checks"`
}

func (r *conformanceReport) add(result vendortest.Result) {
	r.Checks = append(r.Checks, result)
	switch result.Outcome {
	case vendortest.Passed:
		r.Passed++
	case vendortest.Skipped:
		r.Skipped++
	default:
		r.Failed++
	}
}

var outcomeMarks = map[vendortest.Outcome]string{vendortest.Passed: "ok", vendortest.Skipped: "skip", vendortest.Failed: "FAIL"}

// printResult tells of one check, and where it failed of what to do.
func (a *app) printResult(r vendortest.Result) {
	const indent = "\n      "
	line := fmt.Sprintf("%-4s  %s", outcomeMarks[r.Outcome], r.Check)
	if r.Reason != "" {
		line += ": " + strings.ReplaceAll(r.Reason, "\n", indent)
	}
	if r.Hint != "" {
		line += indent + "hint: " + r.Hint
	}
	fmt.Fprintln(a.stdout, line)
}
