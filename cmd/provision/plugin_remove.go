package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/plugins/builtin"
)

func (a *app) pluginRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Aliases: []string{"rm"},
		Short:   "Remove an installed plugin; what it brought stays installed",
		Args:    exactArgs(1, "the name of a plugin"),
		RunE: func(cmd *cobra.Command, args []string) error {
			plugins, err := builtin.OpenPlugins(a.cacheDir)
			if err != nil {
				return err
			}
			name := args[0]
			var uses pluginInfo
			if record, err := plugins.Get(name); err == nil {
				uses = a.pluginInfo(plugins, record)
			}
			if err := plugins.Remove(cmd.Context(), name); err != nil {
				return err
			}
			if a.json {
				return a.print(map[string][]string{"removed": {name}})
			}
			a.tellf("removed plugin %s", name)
			for _, use := range uses.UsedBy {
				a.tellf("%s still names it as a source of %s", use.Where, use.WorkerType)
			}
			return nil
		},
		ValidArgsFunction: a.completePlugins,
	}
}

// tellf writes a line to stderr for a person, unless that is not wanted.
func (a *app) tellf(format string, args ...any) {
	if !a.quiet && !a.json {
		fmt.Fprintf(a.stderr, "provision: "+format+"\n", args...)
	}
}
