package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) removeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "remove ID...",
		Aliases: []string{"rm"},
		Short:   "Remove installed workers, by the IDs that list --json shows",
		Args: func(cmd *cobra.Command, args []string) error {
			return exactArgs(max(len(args), 1), "the ID of a worker")(cmd, args)
		},
		RunE:              func(cmd *cobra.Command, args []string) error { return a.remove(cmd.Context(), args) },
		ValidArgsFunction: a.completeIDs,
	}
}

func (a *app) remove(ctx context.Context, ids []string) error {
	workers, err := a.catalog()
	if err != nil {
		return err
	}
	removed := []string{}
	for _, id := range ids {
		if err = workers.RemoveContext(ctx, id, a.tellWait); err != nil {
			break
		}
		removed = append(removed, id)
		if !a.quiet && !a.json {
			fmt.Fprintf(a.stderr, "provision: removed %s\n", id)
		}
	}
	if a.json {
		err = cmp.Or(err, a.print(map[string][]string{"removed": removed}))
	}
	return err
}

// tellWait tells that a lock is waited for.
func (a *app) tellWait(holder string) {
	if !a.quiet && !a.json {
		fmt.Fprintf(a.stderr, "provision: waiting for %s, which is at work on it\n", holder)
	}
}

// completeIDs offers the installed IDs to the shell.
func (a *app) completeIDs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	workers, err := a.catalog()
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
