package plugincmd

import (
	"cmp"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/plugins/store"
)

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
	return installedPlugin{r.Name(), r.Description.Version, r.Digest.Hex(), plugins.Path(r), r.Size, r.From, r.InstalledAt}
}

// Run prints the plugins whose records can be read. Its error is about those whose records can't.
func (c *List) Run() error {
	plugins, err := c.Plugins()
	if err != nil {
		return err
	}
	records, unreadable := plugins.List()
	list := make([]installedPlugin, 0, len(records))
	for _, r := range records {
		list = append(list, describe(plugins, r))
	}
	switch {
	case c.JSON:
		err = c.Print(map[string][]installedPlugin{"plugins": list})
	case len(list) > 0:
		err = c.printTable(list)
	case unreadable == nil:
		c.Linef("no plugin is installed")
	}
	return cmp.Or(err, unreadable)
}

func (c *List) printTable(list []installedPlugin) error {
	var rows [][]string
	for _, p := range list {
		rows = append(rows, []string{p.Name, p.Version, p.SHA256, p.InstalledAt.Format(time.DateOnly), p.From})
	}
	return c.Table("NAME\tVERSION\tSHA256\tINSTALLED\tFROM", rows)
}
