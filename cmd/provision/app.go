package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// app is one run of the program: its streams and the flags that all commands share.
type app struct {
	stdout, stderr io.Writer

	config   string
	sandbox  string
	cacheDir string
	platform string
	vendor   string
	host     map[string]string
	offline  bool
	refresh  bool
	force    bool
	strict   bool
	quiet    bool
	json     bool

	failureTold bool // the error is on stderr already
}

// provisioner opens the user's catalog and configuration.
func (a *app) provisioner() (*engine.Provisioner, error) {
	return builtin.Open(a.options())
}

func (a *app) options() builtin.Options {
	return builtin.Options{CacheDir: a.cacheDir, Config: a.config, Sandbox: a.sandbox, Host: a.host, Installer: "provision " + version()}
}

// catalog opens the user's catalog alone, which works whatever the configuration holds.
func (a *app) catalog() (*catalog.WorkerCatalog, error) {
	return builtin.OpenCatalog(a.cacheDir)
}

// request reads TYPE[@CONSTRAINT] and the flags.
func (a *app) request(arg string) (provisioner.Request, error) {
	req, err := provisioner.ParseRequest(arg)
	if err != nil {
		return req, exit.WrongUsage(err)
	}
	if req.Platform, req.Arch, err = parsePlatform(a.platform); err != nil {
		return req, exit.WrongUsage(err)
	}
	req.Vendor, req.Offline, req.Refresh, req.Force, req.Strict = a.vendor, a.offline, a.refresh, a.force, a.strict
	if req.Offline && req.Force {
		return req, exit.Usagef("--offline and --force contradict each other")
	}
	return req, nil
}

// parsePlatform reads os/arch, or an os alone, which means its usual architecture.
func parsePlatform(s string) (catalog.Platform, catalog.Arch, error) {
	if s == "" {
		return "", "", nil
	}
	osName, archName, hasArch := strings.Cut(s, "/")
	platform, err := catalog.ParsePlatform(osName)
	if err != nil {
		return "", "", err
	}
	if !hasArch {
		return platform, platform.UsualArch(), nil
	}
	arch, err := catalog.ParseArch(archName)
	return platform, arch, err
}

// print writes v as indented JSON to stdout.
func (a *app) print(v any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// report tells an error on stderr, with what to do about it.
func (a *app) report(err error) {
	if err == nil || a.failureTold {
		return
	}
	hint := cmp.Or(provisioner.HintOf(err), a.hintOfMachine(err))
	if a.json {
		event := provisioner.Event{
			Time: time.Now().UTC(), Action: provisioner.ActionFailed, Kind: provisioner.KindOf(err), Message: err.Error(), Hint: hint,
			RetryAt: provisioner.RetryAtOf(err),
		}
		if exit.IsUsage(err) {
			event.Kind = provisioner.InvalidConfig
		}
		if event.Kind == provisioner.Cancelled {
			event.Action = provisioner.ActionCancelled
		}
		newJSONReporter(a.stderr).event(event)
		return
	}
	fmt.Fprintf(a.stderr, "provision: %v\n", err)
	if hint != "" {
		fmt.Fprintf(a.stderr, "provision: hint: %s\n", hint)
	}
}

// terminal returns stderr's file if it is a terminal that takes progress bars.
func (a *app) terminal() *os.File {
	f, ok := a.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return f
}

// exactArgs is cobra.ExactArgs with an error that says what is missing.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return exit.Usagef("want %s; see `%s --help`", what, cmd.CommandPath())
		case len(args) > n:
			return exit.Usagef("want %s and nothing more; see `%s --help`", what, cmd.CommandPath())
		default:
			return nil
		}
	}
}
