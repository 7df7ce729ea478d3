package entry

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
)

const markHelp = `Mark an installed worker as bad, or remove the mark.

A worker that is marked bad serves no request, in hives too, and the same release is not installed again without
--force. A newer release is.`

// Mark marks an installed worker as bad, or removes the mark. Exactly one of Bad and Good is set.
type Mark struct {
	*cli.Session
	Bad, Good bool
	Reason    string // why it is bad; may be empty
}

// NewMark returns the command `mark`.
func NewMark(s *cli.Session) *cobra.Command {
	c := &Mark{Session: s}
	cmd := &cobra.Command{
		Use:               "mark ID --bad|--good",
		Short:             "Mark an installed worker as bad, or as good again",
		Long:              markHelp,
		Args:              cli.ExactArgs(1, "the ID of a worker"),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args[0]) },
		ValidArgsFunction: s.CompleteIDs,
	}
	cmd.Flags().BoolVar(&c.Bad, "bad", false, "do not use it from now on")
	cmd.Flags().BoolVar(&c.Good, "good", false, "remove the mark")
	cmd.Flags().StringVar(&c.Reason, "reason", "", "`text` that says why it is bad")
	return cmd
}

// marked is the answer of `mark --json`.
type marked struct {
	ID     string         `json:"id"`
	Status catalog.Status `json:"status"`
}

// Run marks the entry with an ID.
func (c *Mark) Run(ctx context.Context, id string) error {
	switch {
	case c.Bad == c.Good:
		return exit.Usagef("want either --bad or --good")
	case c.Good && c.Reason != "":
		return exit.Usagef("--reason goes with --bad")
	}
	workers, err := c.Catalog()
	if err != nil {
		return err
	}
	if c.Bad {
		err = workers.MarkBad(ctx, id, c.Reason, catalog.LockOptions{OnWait: c.OnWait(id)})
	} else {
		err = workers.MarkGood(ctx, id, catalog.LockOptions{OnWait: c.OnWait(id)})
	}
	if err != nil {
		return err
	}
	w, err := workers.Get(id)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.Print(marked{id, w.Status})
	}
	c.Notef("%s is %s", id, cmp.Or(w.Status.Error, "good"))
	return nil
}

// Remove removes installed workers.
type Remove struct{ *cli.Session }

// NewRemove returns the command `remove`.
func NewRemove(s *cli.Session) *cobra.Command {
	c := &Remove{Session: s}
	return &cobra.Command{
		Use:               "remove ID...",
		Aliases:           []string{"rm"},
		Short:             "Remove installed workers, by the IDs that list --json shows",
		Args:              cli.MinimumOneArg("the ID of a worker"),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args) },
		ValidArgsFunction: s.CompleteIDs,
	}
}

// Run removes entries by their IDs, and stops at the first error.
func (c *Remove) Run(ctx context.Context, ids []string) error {
	workers, err := c.Catalog()
	if err != nil {
		return err
	}
	removed := []string{}
	for _, id := range ids {
		if err = workers.Remove(ctx, id, catalog.LockOptions{OnWait: c.OnWait(id)}); err != nil {
			break
		}
		removed = append(removed, id)
		c.Notef("removed %s", id)
	}
	if c.JSON {
		err = cmp.Or(err, c.Print(map[string][]string{"removed": removed}))
	}
	return err
}
