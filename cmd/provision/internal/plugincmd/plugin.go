// Package plugincmd has the commands that install, list, describe and remove plugins, the vendors of third parties. The
// plugins themselves are kept and started by plugins/store.
package plugincmd

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/plugins/store"
)

const pluginHelp = `Install vendors of third parties, and see what they need and what they are granted.

An installed plugin serves no worker type until a source in the configuration names it. More is granted to it under
vendors.NAME there: build, env, ports, write_paths and config.`

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

// List prints the installed plugins.
type List struct{ *cli.Session }

// NewList returns the command `plugin list`.
func NewList(s *cli.Session) *cobra.Command {
	c := &List{Session: s}
	return &cobra.Command{
		Use:   "list",
		Short: "List the installed plugins",
		Args:  cli.ExactArgs(0, "no argument"),
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
}

// installedPlugin is a plugin in the answer of `plugin list --json`.
type installedPlugin struct {
	Name        string    `json:"name"`
	Version     string    `json:"version"`
	SHA256      string    `json:"sha256"` // of the executable, in hex digits
	Path        string    `json:"path"`   // of the executable
	Size        int64     `json:"size"`   // bytes
	From        string    `json:"from"`   // path or address that it was installed from
	InstalledAt time.Time `json:"installed_at"`
}

func describe(plugins *store.Store, r store.Record) installedPlugin {
	version, path := r.Description.Version, plugins.Path(r)
	return installedPlugin{r.Name(), version, r.Digest.Hex(), path, r.Size, r.From, r.InstalledAt}
}

// Run prints the plugins whose records can be read. Its error is about those whose records can't.
func (c *List) Run() error {
	plugins, err := c.Plugins()
	if err != nil {
		return err
	}
	records, unreadable := plugins.List()
	list := []installedPlugin{}
	for _, r := range records {
		list = append(list, describe(plugins, r))
	}
	switch {
	case c.JSON:
		err = c.Print(map[string][]installedPlugin{"plugins": list})
	case len(list) > 0:
		const heading = "NAME\tVERSION\tSHA256\tINSTALLED\tFROM"
		err = c.Sections(report.NewSection(heading, list, func(p installedPlugin) []string {
			return []string{p.Name, p.Version, p.SHA256, p.InstalledAt.Format(time.DateOnly), p.From}
		}))
	case unreadable == nil:
		c.Linef("no plugin is installed")
	}
	return cmp.Or(err, unreadable)
}

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
