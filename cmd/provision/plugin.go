package main

import (
	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/plugins/builtin"
)

const pluginHelp = `Install vendors of third parties, and see what they need and what they are granted.

An installed plugin serves no worker type until a source in the configuration names it. What it is granted beyond that stands
under vendors.NAME there: build, env and config.`

// pluginCommand holds what is to be done with third parties' vendors; each subcommand has a file of its own.
func (a *app) pluginCommand() *cobra.Command {
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
	cmd.AddCommand(a.pluginInstallCommand(), a.pluginListCommand(), a.pluginInfoCommand(), a.pluginRemoveCommand(),
		a.conformanceCommand())
	return cmd
}

// completePlugins offers the installed plugins to the shell.
func (a *app) completePlugins(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	plugins, err := builtin.OpenPlugins(a.cacheDir)
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
