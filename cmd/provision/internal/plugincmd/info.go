package plugincmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
)

// Info prints what is known about an installed plugin.
type Info struct{ *cli.Session }

// NewInfo returns the command `plugin info`.
func NewInfo(s *cli.Session) *cobra.Command {
	c := &Info{Session: s}
	return &cobra.Command{
		Use:               "info NAME",
		Short:             "Show what an installed plugin needs, what it is granted and which worker types it serves",
		Args:              cli.ExactArgs(1, "the name of a plugin"),
		RunE:              func(_ *cobra.Command, args []string) error { return c.Run(args[0]) },
		ValidArgsFunction: completeNames(s),
	}
}

// Run describes the plugin of a name.
func (c *Info) Run(name string) error {
	plugins, err := c.Plugins()
	if err != nil {
		return err
	}
	record, err := plugins.Get(name)
	if err != nil {
		return err
	}
	return newPluginInfo(c.Session, plugins, record).print(c.Session)
}

// pluginInfo is the answer of `plugin info --json`. It has no values of the plugin's configuration: they may be
// secrets.
type pluginInfo struct {
	installedPlugin
	Replaced string               `json:"replaced,omitempty"` // the version that an install replaced
	Needs    provisioner.Needs    `json:"needs"`              // what it declares
	Options  []provisioner.Option `json:"options"`            // keys of a source's `with`
	Settings []provisioner.Option `json:"settings"`           // keys of the vendor's `config`
	Granted  grants               `json:"granted"`
	ToGrant  []string             `json:"to_grant"` // what it declares and is not granted, as YAML of the configuration
	// UndeclaredEnv are variables that the configuration grants but the plugin does not declare. It does not get them.
	UndeclaredEnv []string        `json:"undeclared_env,omitempty"`
	UsedBy        []pluginUse     `json:"used_by"`           // the sources that name it
	Sandbox       *sandbox.Report `json:"sandbox,omitempty"` // what it is limited to on this system
	Problem       string          `json:"problem,omitempty"`
}

// grants are what the configuration lets a plugin have.
type grants struct {
	Build  bool     `json:"build"`
	Env    []string `json:"env"`    // variables that are handed on to it
	Config []string `json:"config"` // keys
	// Ports and WritePaths are additional to those that every plugin gets.
	Ports      []uint16 `json:"ports"`
	WritePaths []string `json:"write_paths"`
}

type pluginUse struct {
	WorkerType string `json:"worker_type"`
	Where      string `json:"where"` // file and line
}

// newPluginInfo collects what the record and the configuration contain about a plugin.
func newPluginInfo(s *cli.Session, plugins *store.Store, r store.Record) pluginInfo {
	info := pluginInfo{
		installedPlugin: describe(plugins, r),
		Needs:           r.Description.Needs,
		Options:         slices.Concat([]provisioner.Option{}, r.Description.Options),
		Settings:        slices.Concat([]provisioner.Option{}, r.Description.Settings),
	}
	info.readConfiguration(s.Options(nil))
	return info
}

// print writes info to Stdout.
func (info pluginInfo) print(s *cli.Session) error {
	if s.JSON {
		return s.Print(info)
	}
	var keys [][]string
	for where, options := range map[string][]provisioner.Option{"with": info.Options, "config": info.Settings} {
		for _, o := range options {
			keys = append(keys, []string{where, o.Name, optionKind(o), printable(o.Help)})
		}
	}
	slices.SortStableFunc(keys, func(a, b []string) int { return -strings.Compare(a[0], b[0]) })
	return s.Sections(
		report.Section{Heading: "PLUGIN\t" + info.Name, Rows: info.rows()},
		report.Section{Heading: "KEYS OF\tNAME\tKIND\tMEANING", Rows: keys},
	)
}

// rows returns the table about a plugin, without the keys of its configuration.
func (info pluginInfo) rows() [][]string {
	rows := [][]string{
		{"version", info.versions()},
		{"sha256", info.SHA256},
		{"executable", info.Path},
		{"from", fmt.Sprintf("%s, %s", info.From, info.InstalledAt.Format(time.RFC3339))},
		{"needs", cmp.Or(oneLine(info.Needs), "-")},
		{"granted", cmp.Or(oneLine(info.Granted), "-")},
	}
	if len(info.UndeclaredEnv) > 0 {
		rows = append(rows, []string{
			"not given", "env: " + strings.Join(info.UndeclaredEnv, ", ") + ", which the plugin does not declare",
		})
	}
	rows = append(rows, sandboxRows(info.Sandbox)...)
	for _, grant := range info.ToGrant {
		rows = append(rows, []string{"to grant", grant})
	}
	for _, use := range info.UsedBy {
		rows = append(rows, []string{"serves", use.WorkerType + ", by " + use.Where})
	}
	switch {
	case info.Problem != "":
		rows = append(rows, []string{"problem", info.Problem})
	case len(info.UsedBy) == 0:
		rows = append(rows, []string{"serves", "no worker type until a source has `vendor: " + info.Name + "`"})
	}
	return rows
}

// sandboxRows describe the limits of a vendor's process, and those that this system does not have.
func sandboxRows(r *sandbox.Report) [][]string {
	if r == nil {
		return nil
	}
	rows := [][]string{{"sandbox", strings.Join(r.InForce(), "; ")}}
	for _, missing := range r.Missing {
		rows = append(rows, []string{"lacking", missing})
	}
	return rows
}

// versions returns the installed version and the one that it replaced.
func (info pluginInfo) versions() string {
	if info.Replaced == "" {
		return info.Version
	}
	return info.Version + " (was " + info.Replaced + ")"
}

func optionKind(o provisioner.Option) string {
	kind := string(o.Kind)
	if len(o.Values) > 0 {
		kind = printable(strings.Join(o.Values, "|"))
	}
	if o.Required {
		kind += ", required"
	}
	return kind
}
