package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
)

func (a *app) pluginInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "info NAME",
		Short: "Show what an installed plugin needs, what it is granted and which worker types it serves",
		Args:  exactArgs(1, "the name of a plugin"),
		RunE: func(_ *cobra.Command, args []string) error {
			plugins, err := builtin.OpenPlugins(a.cacheDir)
			if err != nil {
				return err
			}
			record, err := plugins.Get(args[0])
			if err != nil {
				return err
			}
			return a.printPlugin(a.pluginInfo(plugins, record))
		},
		ValidArgsFunction: a.completePlugins,
	}
}

// pluginInfo is a plugin as `plugin info --json` prints it. Values of its configuration are left out: there may be secrets among
// them.
type pluginInfo struct {
	installedPlugin
	Replaced string               `json:"replaced,omitempty"` // the version that an install replaced
	Needs    provisioner.Needs    `json:"needs"`              // what it declares
	Options  []provisioner.Option `json:"options"`            // keys of a source's `with`
	Settings []provisioner.Option `json:"settings"`           // keys of the vendor's `config`
	Granted  grants               `json:"granted"`
	ToGrant  []string             `json:"to_grant"` // what it declares and is not granted, as YAML of the configuration
	// UndeclaredEnv are variables that the configuration grants, but the plugin does not declare: it does not get them.
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
	// Ports and WritePaths are those beside what it gets in any case.
	Ports      []uint16 `json:"ports"`
	WritePaths []string `json:"write_paths"`
}

type pluginUse struct {
	WorkerType string `json:"worker_type"`
	Where      string `json:"where"` // file and line
}

// pluginInfo collects what the record and the configuration say of a plugin.
func (a *app) pluginInfo(plugins *store.Store, r store.Record) pluginInfo {
	info := pluginInfo{
		installedPlugin: describePlugin(plugins, r),
		Needs:           r.Description.Needs,
		Options:         slices.Concat([]provisioner.Option{}, r.Description.Options),
		Settings:        slices.Concat([]provisioner.Option{}, r.Description.Settings),
	}
	info.readConfiguration(a.options())
	return info
}

// printPlugin prints all that is known of a plugin.
func (a *app) printPlugin(info pluginInfo) error {
	if a.json {
		return a.print(info)
	}
	var keys [][]string
	for where, options := range map[string][]provisioner.Option{"with": info.Options, "config": info.Settings} {
		for _, o := range options {
			keys = append(keys, []string{where, o.Name, optionKind(o), printable(o.Help)})
		}
	}
	slices.SortStableFunc(keys, func(a, b []string) int { return -strings.Compare(a[0], b[0]) })
	return a.printSections([]section{
		{"PLUGIN\t" + info.Name, info.rows()},
		{"KEYS OF\tNAME\tKIND\tMEANING", keys},
	})
}

// rows are what is told of a plugin beside its keys.
func (info pluginInfo) rows() [][]string {
	rows := [][]string{
		{"version", joinNonEmpty(" ", info.Version, replacing(info.Replaced))},
		{"sha256", info.SHA256},
		{"executable", info.Path},
		{"from", fmt.Sprintf("%s, %s", info.From, info.InstalledAt.Format(time.RFC3339))},
		{"needs", orDash(needsText(info.Needs))},
		{"granted", orDash(info.Granted.text())},
	}
	if len(info.UndeclaredEnv) > 0 {
		rows = append(rows, []string{"not given", "env: " + strings.Join(info.UndeclaredEnv, ", ") + ", which the plugin does not declare"})
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
		rows = append(rows, []string{"serves", "nothing until a source says `vendor: " + info.Name + "`"})
	}
	return rows
}

// sandboxRows tell what a vendor is limited to, and what of that can't be had.
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

func replacing(version string) string {
	if version == "" {
		return ""
	}
	return "(was " + version + ")"
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
