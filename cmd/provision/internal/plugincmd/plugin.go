// Package plugincmd has the commands that install, list, describe and remove plugins, the vendors of third parties. The plugins
// themselves are kept and started by plugins/store.
package plugincmd

import (
	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
)

const pluginHelp = `Install vendors of third parties, and see what they need and what they are granted.

An installed plugin serves no worker type until a source in the configuration names it. More is granted to it under vendors.NAME
there: build, env, ports, write_paths and config.`

// New returns the command `plugin` with its subcommands and some more.
func New(s *cli.Session, more ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Look after vendors of third parties",
		Long:  pluginHelp,
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit.Usagef("unknown command %q; see `%s --help`", args[0], cmd.CommandPath())
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(NewInstall(s), NewList(s), NewInfo(s), NewRemove(s))
	cmd.AddCommand(more...)
	return cmd
}

// completeNames offers the names of installed plugins to the shell.
func completeNames(s *cli.Session) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		plugins, err := s.Plugins()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		records, _ := plugins.List()
		var names []string
		for _, r := range records {
			names = append(names, r.Name())
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
