// Package doctor has the command `doctor`, which shows what is known of the machine, the configuration and its vendors.
// It changes nothing, and asks no source.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/provisioner/config"
	"github.com/rbee-keeper/provision/provisioner/machine"
)

// Doctor prints a diagnosis of this machine.
type Doctor struct {
	*cli.Session
	Host cli.Host
}

// New returns the command `doctor`.
func New(s *cli.Session) *cobra.Command {
	c := &Doctor{Session: s}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Show what is known of this machine, and what keeps workers from being installed",
		Args:  cli.ExactArgs(0, "no argument"),
		RunE:  func(cmd *cobra.Command, _ []string) error { return c.Run(cmd.Context()) },
	}
	c.Host.Flag(cmd.Flags())
	return cmd
}

// Run prints all that can be found out. Its error is what prevents installing.
func (c *Doctor) Run(ctx context.Context) error {
	facts, err := machine.Find(ctx, machine.Options{}).Override(c.Host)
	if err != nil {
		return exit.WrongUsage(err)
	}
	d := diagnosis{Program: c.Version, Platform: catalog.Current(), Arch: catalog.CurrentArch(), Facts: facts}
	configErr := d.readConfiguration(c.Options(c.Host))
	cacheErr := d.checkCache(c.CacheDir)
	return errors.Join(configErr, cacheErr, c.print(d))
}

// diagnosis is the answer of `doctor --json`. It has no values of environment variables and no options of sources: they
// may be secrets.
type diagnosis struct {
	Program       string           `json:"program"` // its version
	Platform      catalog.Platform `json:"platform"`
	Arch          catalog.Arch     `json:"arch"`
	Facts         machine.Facts    `json:"facts"`
	Cache         cacheState       `json:"cache"`
	Configuration configState      `json:"configuration"`
	Sources       []sourceState    `json:"sources"`
	Tools         []toolState      `json:"tools"`
	Environment   []variableState  `json:"environment"`
	Sandbox       []sandboxState   `json:"sandbox"`
}

// configState lists the files of the configuration, besides what is built in.
type configState struct {
	Files   []string `json:"files"` // later ones win
	Problem string   `json:"problem,omitempty"`
}

type sourceState struct {
	WorkerType string `json:"worker_type"`
	Vendor     string `json:"vendor"`
	Fallback   bool   `json:"fallback"`
	Where      string `json:"where"` // file and line
}

// toolState is an executable that vendors need, or a vendor's own.
type toolState struct {
	Name    string   `json:"name"`
	Path    string   `json:"path"` // empty if it is missing
	Vendors []string `json:"vendors"`
}

// sandboxState describes the limits of a vendor's process on this system.
type sandboxState struct {
	Vendor string `json:"vendor"`
	sandbox.Report
}

// variableState is an environment variable that is set and passed on to vendors.
type variableState struct {
	Name    string   `json:"name"`
	Vendors []string `json:"vendors"`
}

// readConfiguration fills in what the configuration contains. Its error is returned and in d.
func (d *diagnosis) readConfiguration(opts builtin.Options) error {
	d.Configuration.Files, d.Sources, d.Tools = []string{}, []sourceState{}, []toolState{} // not null in JSON
	d.Environment, d.Sandbox = []variableState{}, []sandboxState{}
	cfg, err := builtin.Configuration(opts)
	if err != nil {
		d.Configuration.Problem = err.Error()
		return err
	}
	d.Configuration.Files = append(d.Configuration.Files, cfg.Files...)
	used := map[string]bool{}
	for _, t := range slices.Sorted(maps.Keys(cfg.Workers)) {
		for _, s := range cfg.Workers[t].Sources {
			d.Sources = append(d.Sources, sourceState{t.String(), s.Vendor, s.Fallback, s.Where})
			used[s.Vendor] = true
		}
	}
	vendors := slices.Sorted(maps.Keys(used))
	for _, vendor := range vendors {
		limits, err := builtin.Sandbox(opts, cfg, vendor)
		if err != nil {
			d.Configuration.Problem = err.Error()
			return err
		}
		d.Sandbox = append(d.Sandbox, sandboxState{vendor, limits})
	}
	tools, variables := needsOf(vendors, cfg)
	for _, name := range slices.Sorted(maps.Keys(tools)) {
		path, _ := exec.LookPath(name)
		d.Tools = append(d.Tools, toolState{name, path, tools[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if os.Getenv(name) != "" {
			d.Environment = append(d.Environment, variableState{name, variables[name]})
		}
	}
	return nil
}

// needsOf lists the tools and environment variables of vendors, each with the vendors that use it. A plugin's own
// executable is one of its tools. A plugin gets only those variables that it declares and that are granted.
func needsOf(vendors []string, cfg *config.Config) (tools, variables map[string][]string) {
	tools, variables = map[string][]string{}, map[string][]string{}
	add := func(set map[string][]string, name, vendor string) {
		if !slices.Contains(set[name], vendor) {
			set[name] = append(set[name], vendor)
		}
	}
	for _, vendor := range vendors {
		if command := cfg.Vendors[vendor].Command; command != "" {
			add(tools, command, vendor)
		}
		for _, name := range cfg.Descriptions[vendor].Needs.Tools {
			add(tools, name, vendor)
		}
		for _, name := range builtin.Variables(cfg, vendor) {
			add(variables, name, vendor)
		}
	}
	return tools, variables
}

func (c *Doctor) print(d diagnosis) error {
	if c.JSON {
		return c.Print(d)
	}
	files := append([]string{"built in"}, d.Configuration.Files...)
	if d.Configuration.Problem != "" {
		files = []string{"can't be read"}
	}
	sandboxes := report.Section{Heading: "VENDOR\tSANDBOX"}
	for _, s := range d.Sandbox {
		sandboxes.Rows = append(sandboxes.Rows, []string{s.Vendor, strings.Join(s.InForce(), "; ")})
		for _, missing := range s.Missing {
			sandboxes.Rows = append(sandboxes.Rows, []string{"", "lacking: " + missing})
		}
	}
	return c.Sections(
		report.NewSection("FACT\tVALUE\tSOURCE", d.Facts, func(f machine.Fact) []string {
			return []string{f.Key, cmp.Or(f.Value, "unknown"), f.Source}
		}),
		report.NewSection("CACHE FOLDER\tFREE\tWRITABLE", []cacheState{d.Cache}, func(s cacheState) []string {
			return []string{cmp.Or(s.Path, "-"), s.free(), report.YesNo[s.Writable]}
		}),
		report.NewSection("CONFIGURATION", files, func(file string) []string { return []string{file} }),
		report.NewSection("TYPE\tVENDOR\tFALLBACK\tCONFIGURED AT", d.Sources, func(s sourceState) []string {
			return []string{s.WorkerType, s.Vendor, report.YesNo[s.Fallback], s.Where}
		}),
		report.NewSection("TOOL\tPATH\tNEEDED BY", d.Tools, func(t toolState) []string {
			return []string{t.Name, cmp.Or(t.Path, "missing"), strings.Join(t.Vendors, ", ")}
		}),
		sandboxes,
		report.NewSection("VARIABLE THAT IS SET\tPASSED ON TO", d.Environment, func(v variableState) []string {
			return []string{v.Name, strings.Join(v.Vendors, ", ")}
		}),
	)
}
