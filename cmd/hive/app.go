package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/provisioner"
)

// app is one run of the program: its streams, the flags that all commands share, and how long it may take to end.
type app struct {
	stdout, stderr io.Writer
	clearing       context.Context // of ending workers: done when there is no more time for that

	config       string
	sandbox      string
	cacheDir     string
	host         string
	offline      bool
	quiet        bool
	readyTimeout time.Duration
}

const rootHelp = `Run inference workers on this machine.

A worker that is not installed is installed first, from the sources that are configured for provision.
Exit codes are those of
provision: 0 done, also after a signal ended workers that were ready; 1 other, also a worker that died; 2 usage or
configuration; 3 nothing matches; 4 unreachable or rate limited; 5 verification failed; 6 build failed; 7 plugin fault;
130 interrupted and 143 terminated before a worker was ready.`

func (a *app) rootCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "hive",
		Short:         "Run inference workers on this machine",
		Long:          rootHelp,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exit.Usagef("want a command: spawn or serve; see `hive --help`")
			}
			return exit.Usagef("unknown command %q: use spawn or serve", args[0])
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.SetOut(a.stdout)
	cmd.SetErr(a.stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit.WrongUsage(err) })
	shared := cmd.PersistentFlags()
	shared.StringVar(&a.config, "config", "", "configuration `file` to lay over the others (default $PROVISION_CONFIG)")
	shared.StringVar(&a.cacheDir, "cache-dir", "",
		"`folder` of the catalog (default $RBEE_CACHE_DIR, or rbee in the user's cache)")
	shared.StringVar(&a.sandbox, "sandbox", "",
		"`mode`: limit vendors as far as the system can (auto), not at all (off), or else start none (require)")
	shared.StringVar(&a.host, "host", "127.0.0.1", "`address` that workers listen on")
	shared.BoolVar(&a.offline, "offline", false, "use what is installed and ask no source")
	shared.DurationVar(&a.readyTimeout, "ready-timeout", 0,
		"`time` that a worker may take to serve (default its source's, else 2m)")
	shared.BoolVarP(&a.quiet, "quiet", "q", false, "print nothing on stderr but errors")
	cmd.AddCommand(a.spawnCommand(), a.serveCommand())
	return cmd
}

// openHive opens the user's catalog and configuration.
func (a *app) openHive() (*hive, error) {
	if a.readyTimeout < 0 {
		return nil, exit.Usagef("--ready-timeout %s is negative", a.readyTimeout)
	}
	p, err := builtin.Open(builtin.Options{CacheDir: a.cacheDir, Config: a.config, Sandbox: a.sandbox,
		Installer: "hive " + version()})
	if err != nil {
		return nil, err
	}
	return &hive{Provisioner: p, host: a.host, offline: a.offline, readyTimeout: a.readyTimeout}, nil
}

// report tells an error on stderr, with what to do about it.
func (a *app) report(err error) {
	if err == nil {
		return
	}
	if provisioner.KindOf(err) == provisioner.Cancelled {
		err = errors.New("cancelled") // whatever was under way
	}
	fmt.Fprintf(a.stderr, "hive: %v\n", err)
	if hint := provisioner.HintOf(err); hint != "" {
		fmt.Fprintf(a.stderr, "hive: hint: %s\n", hint)
	}
}

// version is that of the module as the Go command built it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
