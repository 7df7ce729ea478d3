package cli

import (
	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
)

// ExactArgs is cobra.ExactArgs with an error that names what is missing.
func ExactArgs(n int, what string) cobra.PositionalArgs {
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

// MinimumOneArg refuses a command line without arguments, with an error that names what is missing.
func MinimumOneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error { return ExactArgs(max(len(args), 1), what)(cmd, args) }
}

// CompleteTypes offers the configured worker types to the shell.
func (s *Session) CompleteTypes(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	p, err := s.Provisioner(nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, t := range p.Types() {
		names = append(names, t.String())
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// CompleteIDs offers the IDs of installed workers to the shell.
func (s *Session) CompleteIDs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	workers, err := s.Catalog()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	entries, _ := workers.List()
	var ids []string
	for _, w := range entries {
		ids = append(ids, w.ID)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
