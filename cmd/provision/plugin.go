package main

import (
	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
)

// pluginCommand holds what is to be done with third parties' vendors; each subcommand has a file of its own.
func (a *app) pluginCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Look after vendors of third parties",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit.Usagef("unknown command %q; see `%s --help`", args[0], cmd.CommandPath())
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.conformanceCommand())
	return cmd
}
