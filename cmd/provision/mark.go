package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
)

const markHelp = `Mark an installed worker as bad, or take the mark off.

One that is marked bad is passed over where the newest is looked for, by hives too, and the same release is not installed again
unless --force says so. A newer one is.`

func (a *app) markCommand() *cobra.Command {
	var bad, good bool
	var reason string
	cmd := &cobra.Command{
		Use:   "mark ID --bad|--good",
		Short: "Mark an installed worker as bad, or as good again",
		Long:  markHelp,
		Args:  exactArgs(1, "the ID of a worker"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case bad == good:
				return exit.Usagef("want either --bad or --good")
			case good && reason != "":
				return exit.Usagef("--reason goes with --bad")
			}
			return a.mark(cmd.Context(), args[0], bad, reason)
		},
		ValidArgsFunction: a.completeIDs,
	}
	cmd.Flags().BoolVar(&bad, "bad", false, "pass it over from now on")
	cmd.Flags().BoolVar(&good, "good", false, "take the mark off")
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that tells why it is bad")
	return cmd
}

// marked is what `mark --json` prints.
type marked struct {
	ID     string         `json:"id"`
	Status catalog.Status `json:"status"`
}

func (a *app) mark(ctx context.Context, id string, bad bool, reason string) error {
	workers, err := a.catalog()
	if err != nil {
		return err
	}
	if bad {
		err = workers.MarkBad(ctx, id, reason, a.tellWait)
	} else {
		err = workers.MarkGood(ctx, id, a.tellWait)
	}
	if err != nil {
		return err
	}
	w, err := workers.Get(id)
	switch {
	case err != nil:
		return err
	case a.json:
		return a.print(marked{id, w.Status})
	case !a.quiet:
		_, err = fmt.Fprintf(a.stderr, "provision: %s is %s\n", id, cmp.Or(w.Status.Error, "good"))
	}
	return err
}
