package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

const rootHelp = `Get the newest worker of a type onto this machine and print the path of its executable.

TYPE is cpu-llm, cuda-llm, metal-llm or any other type that the configuration has. A version constraint may follow:

  provision cpu-llm
  provision 'cpu-llm@~> 0.17'
  provision cuda-llm --json

The path alone is printed on stdout, everything else on stderr. What is installed is used if nothing newer is offered or can
be reached. Exit codes: 0 done; 1 other; 2 usage or configuration; 3 nothing matches; 4 unreachable or rate limited;
5 verification failed; 6 build failed; 7 plugin fault; 130 interrupted; 143 terminated.`

func (a *app) rootCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "provision TYPE[@CONSTRAINT]",
		Short:         "Get the right worker executable onto this machine",
		Long:          rootHelp,
		Args:          exactArgs(1, "a worker type or a command"),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return suggest(cmd, args[0], a.provision(cmd.Context(), args[0]))
		},
		ValidArgsFunction: a.completeTypes,
	}
	cmd.SetOut(a.stdout)
	cmd.SetErr(a.stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit.WrongUsage(err) })
	shared := cmd.PersistentFlags()
	shared.StringVar(&a.config, "config", "", "configuration `file` to lay over the others (default $PROVISION_CONFIG)")
	shared.StringVar(&a.cacheDir, "cache-dir", "", "`folder` of the catalog (default $RBEE_CACHE_DIR, or rbee in the user's cache)")
	shared.StringVar(&a.sandbox, "sandbox", "", "`mode`: limit vendors as far as the system can (auto), not at all (off), or else start none (require)")
	shared.BoolVar(&a.json, "json", false, "print the result as JSON, and events as JSON lines on stderr")
	shared.BoolVarP(&a.quiet, "quiet", "q", false, "print nothing on stderr but errors")
	a.requestFlags(cmd)
	a.sourceFlags(cmd)
	cmd.AddCommand(
		a.resolveCommand(), a.listCommand(), a.whichCommand(), a.removeCommand(), a.verifyCommand(), a.pruneCommand(),
		a.rollbackCommand(), a.markCommand(), a.exportCommand(), a.importCommand(), a.doctorCommand(), a.pluginCommand(), a.versionCommand(),
	)
	cmd.InitDefaultCompletionCmd()
	if completion, _, err := cmd.Find([]string{"completion"}); err == nil {
		completion.Args, completion.RunE = exactArgs(0, "a shell: bash, zsh, fish or powershell"), missingShell
	}
	return cmd
}

// suggest adds the command that may have been meant to the error about a worker type that does not exist.
func suggest(cmd *cobra.Command, arg string, err error) error {
	e, ok := errors.AsType[*provisioner.Error](err)
	meant := cmd.SuggestionsFor(arg)
	if !ok || e.Kind != provisioner.InvalidConfig || len(meant) == 0 {
		return err
	}
	return e.WithHint("did you mean `provision %s`?", meant[0])
}

// missingShell is the completion command without a shell.
func missingShell(*cobra.Command, []string) error {
	return exit.Usagef("want a shell: bash, zsh, fish or powershell")
}

// requestFlags adds the flags that narrow down what is asked for.
func (a *app) requestFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.platform, "platform", "", "`os/arch` to get a worker for (default this machine's)")
	cmd.Flags().StringVar(&a.vendor, "vendor", "", "ask this `vendor` alone")
	cmd.Flags().BoolVar(&a.strict, "strict", false, "refuse workers of fallback sources")
}

// sourceFlags adds the flags that tell how sources are asked.
func (a *app) sourceFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.offline, "offline", false, "use what is installed and ask no source")
	cmd.Flags().BoolVar(&a.refresh, "refresh", false, "try also what is left alone for a while: sources out of reach, files found unusable")
	cmd.Flags().BoolVar(&a.force, "force", false, "install the best candidate even if it is installed already")
	a.hostFlag(cmd)
}

// hostFlag adds the flag that replaces facts of the machine.
func (a *app) hostFlag(cmd *cobra.Command) {
	cmd.Flags().StringToStringVar(&a.host, "host", nil, "`key=value` fact of the machine, such as libc=musl")
	cmd.Flags().Lookup("host").DefValue = ""
}

// completeTypes offers the configured worker types to the shell.
func (a *app) completeTypes(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	p, err := a.provisioner()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, t := range p.Types() {
		names = append(names, t.String())
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// openFor reads a request and opens the provisioner for it.
func (a *app) openFor(arg string) (*engine.Provisioner, provisioner.Request, error) {
	req, err := a.request(arg)
	if err != nil {
		return nil, req, err
	}
	p, err := a.provisioner()
	return p, req, err
}
