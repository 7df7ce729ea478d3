package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/archive"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/conformance"
	"github.com/rbee-keeper/provision/cmd/provision/internal/doctor"
	"github.com/rbee-keeper/provision/cmd/provision/internal/entry"
	"github.com/rbee-keeper/provision/cmd/provision/internal/plugincmd"
	"github.com/rbee-keeper/provision/cmd/provision/internal/worker"
	"github.com/rbee-keeper/provision/provisioner"
)

const rootHelp = `Get the newest worker of a type onto this machine and print the path of its executable.

TYPE is cpu-llm, cuda-llm, metal-llm or any other type that the configuration has. A version constraint may follow:

  provision cpu-llm
  provision 'cpu-llm@~> 0.17'
  provision cuda-llm --json

The path alone is printed on stdout, everything else on stderr. What is installed is used if nothing newer is offered or
can be reached. Exit codes: 0 done; 1 other; 2 usage or configuration; 3 nothing matches; 4 unreachable or rate limited;
5 verification failed; 6 build failed; 7 plugin fault; 130 interrupted; 143 terminated.`

// newRoot returns the program's command with all its subcommands.
func newRoot(s *cli.Session) *cobra.Command {
	c := &worker.Provision{Session: s}
	cmd := &cobra.Command{
		Use:           "provision TYPE[@CONSTRAINT]",
		Short:         "Get the right worker executable onto this machine",
		Long:          rootHelp,
		Args:          cli.ExactArgs(1, "a worker type or a command"),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return suggest(cmd, args[0], c.Run(cmd.Context(), args[0]))
		},
		ValidArgsFunction: s.CompleteTypes,
	}
	cmd.SetOut(s.Stdout)
	cmd.SetErr(s.Stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit.WrongUsage(err) })
	c.TargetFlags(cmd.Flags())
	c.SourceFlags(cmd.Flags())
	sharedFlags(cmd, s)
	cmd.AddCommand(
		worker.NewResolve(s), entry.NewList(s), worker.NewWhich(s), entry.NewRemove(s), entry.NewVerify(s),
		entry.NewPrune(s), worker.NewRollback(s), entry.NewMark(s), archive.NewExport(s), archive.NewImport(s),
		doctor.New(s), plugincmd.New(s, conformance.New(s)), newVersion(s),
	)
	cmd.InitDefaultCompletionCmd()
	if completion, _, err := cmd.Find([]string{"completion"}); err == nil {
		const shells = "a shell: bash, zsh, fish or powershell"
		completion.Args = cli.ExactArgs(0, shells)
		completion.RunE = func(*cobra.Command, []string) error { return exit.Usagef("want %s", shells) }
	}
	return cmd
}

// sharedFlags adds the flags that all commands have.
func sharedFlags(cmd *cobra.Command, s *cli.Session) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&s.Config, "config", "", "configuration `file` to lay over the others (default $PROVISION_CONFIG)")
	flags.StringVar(&s.CacheDir, "cache-dir", "",
		"`folder` of the catalog (default $RBEE_CACHE_DIR, or rbee in the user's cache)")
	flags.StringVar(&s.Sandbox, "sandbox", "",
		"`mode`: limit vendors as far as the system can (auto), not at all (off), or else start none (require)")
	flags.BoolVar(&s.JSON, "json", false, "print the result as JSON, and events as JSON lines on stderr")
	flags.BoolVarP(&s.Quiet, "quiet", "q", false, "print nothing on stderr but errors")
}

// suggest adds a similar command to the error about a worker type that does not exist.
func suggest(cmd *cobra.Command, arg string, err error) error {
	e, ok := errors.AsType[*provisioner.Error](err)
	meant := cmd.SuggestionsFor(arg)
	if !ok || e.Kind != provisioner.InvalidConfig || len(meant) == 0 {
		return err
	}
	return e.WithHint("did you mean `provision %s`?", meant[0])
}

// release is set by the linker when a release is built: -ldflags "-X main.release=v1.2.3".
var release string

// newVersion returns the command `version`.
func newVersion(s *cli.Session) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cli.ExactArgs(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			platform := runtime.GOOS + "/" + runtime.GOARCH
			if s.JSON {
				return s.Print(map[string]string{"version": s.Version, "go": runtime.Version(), "platform": platform})
			}
			_, err := fmt.Fprintf(s.Stdout, "provision %s (%s, %s)\n", s.Version, runtime.Version(), platform)
			return err
		},
	}
}

// version returns the version of the release, otherwise that of the module as the Go command recorded it.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
