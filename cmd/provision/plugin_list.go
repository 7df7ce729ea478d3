package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/store"
)

func (a *app) pluginListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the installed plugins",
		Args:  exactArgs(0, "no argument"),
		RunE:  func(*cobra.Command, []string) error { return a.listPlugins() },
	}
}

// installedPlugin is a plugin as `plugin list --json` prints it.
type installedPlugin struct {
	Name        string    `json:"name"`
	Version     string    `json:"version"`
	SHA256      string    `json:"sha256"`
	Path        string    `json:"path"`
	Size        int64     `json:"size"` // bytes
	From        string    `json:"from"`
	InstalledAt time.Time `json:"installed_at"`
}

func describePlugin(plugins *store.Store, r store.Record) installedPlugin {
	return installedPlugin{r.Name(), r.Description.Version, r.Digest.Hex(), plugins.Path(r), r.Size, r.From, r.InstalledAt}
}

// listPlugins prints what can be read, and returns what can't as an error.
func (a *app) listPlugins() error {
	plugins, err := builtin.OpenPlugins(a.cacheDir)
	if err != nil {
		return err
	}
	records, unreadable := plugins.List()
	rows := make([]installedPlugin, 0, len(records))
	for _, r := range records {
		rows = append(rows, describePlugin(plugins, r))
	}
	if a.json {
		err = a.print(rows)
	} else if len(rows) > 0 || unreadable == nil {
		err = a.printPlugins(rows)
	}
	if err != nil {
		return err
	}
	return unreadable
}

func (a *app) printPlugins(rows []installedPlugin) error {
	if len(rows) == 0 {
		fmt.Fprintln(a.stderr, "provision: no plugin is installed")
		return nil
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tVERSION\tSHA256\tINSTALLED\tFROM")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.Version, r.SHA256, r.InstalledAt.Format(time.DateOnly), r.From)
	}
	return table.Flush()
}
