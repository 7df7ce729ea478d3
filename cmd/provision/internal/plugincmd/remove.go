package plugincmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
)

// Remove removes an installed plugin.
type Remove struct{ *cli.Session }

// NewRemove returns the command `plugin remove`.
func NewRemove(s *cli.Session) *cobra.Command {
	c := &Remove{Session: s}
	return &cobra.Command{
		Use:               "remove NAME",
		Aliases:           []string{"rm"},
		Short:             "Remove an installed plugin; the workers that it fetched stay installed",
		Args:              cli.ExactArgs(1, "the name of a plugin"),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args[0]) },
		ValidArgsFunction: completeNames(s),
	}
}

// Run removes the plugin of a name, and notes the sources that still name it.
func (c *Remove) Run(ctx context.Context, name string) error {
	plugins, err := c.Plugins()
	if err != nil {
		return err
	}
	var uses []pluginUse
	if record, err := plugins.Get(name); err == nil {
		uses = newPluginInfo(c.Session, plugins, record).UsedBy
	}
	if err := plugins.Remove(ctx, name); err != nil {
		return err
	}
	if c.JSON {
		return c.Print(map[string][]string{"removed": {name}})
	}
	c.Notef("removed plugin %s", name)
	for _, use := range uses {
		c.Notef("%s still names it as a source of %s", use.Where, use.WorkerType)
	}
	return nil
}
