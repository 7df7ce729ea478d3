package entry

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
)

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
