package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/bundle"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

const importHelp = `Install the workers of an archive that ` + "`provision export`" + ` wrote; - is stdin. No network is needed.

The archive is verified as a whole before anything is installed: that it is what was exported, byte for byte, and that this machine can
start what is in it. What is installed already with the same contents is left alone, and what differs is replaced only by --force.`

func (a *app) importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Install workers from an archive",
		Long:  importHelp,
		Args:  exactArgs(1, "an archive, or - for stdin"),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.importFrom(cmd.Context(), args[0]) },
	}
	cmd.Flags().BoolVar(&a.force, "force", false, "replace what is installed with other contents, or is marked bad")
	cmd.Flags().StringVar(&a.platform, "platform", "", "`os/arch` that the workers are for (default this machine's)")
	a.hostFlag(cmd)
	return cmd
}

func (a *app) importFrom(ctx context.Context, file string) error {
	platform, arch, err := parsePlatform(a.platform)
	if err != nil {
		return exit.WrongUsage(err)
	}
	p, err := a.provisioner()
	if err != nil {
		return err
	}
	archive, name := io.Reader(os.Stdin), ""
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		archive, name = f, file
	}
	report, err := bundle.Import(ctx, p, archive, bundle.Options{
		Name: name, Platform: platform, Arch: arch, Force: a.force, OnWait: a.tellWaiting,
	})
	a.tellImported(p, report)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(describeImport(p, report))
	}
	return nil
}

func (a *app) tellWaiting(id, holder string) {
	a.say("waiting for %s, which works on %s", holder, id)
}

// say prints a line on stderr for a person.
func (a *app) say(format string, args ...any) {
	if !a.quiet && !a.json {
		fmt.Fprintf(a.stderr, "provision: "+format+"\n", args...)
	}
}

// tellImported tells also with an error what was installed before it.
func (a *app) tellImported(p *engine.Provisioner, report bundle.Report) {
	for _, w := range report.Imported {
		a.say("installed %s", w.ID)
	}
	for _, w := range report.Present {
		a.say("%s is installed already", w.ID)
	}
	for _, id := range report.Unserved {
		source := "its source"
		if recorded, err := p.Catalog().ReadProvenance(id); err == nil {
			source += ", " + recorded.Source + ","
		}
		a.say("%s serves no request yet: %s is not configured here, or another one is preferred", id, source)
	}
}

// imported is what `import --json` prints.
type imported struct {
	Imported []worker `json:"imported"`
	Present  []worker `json:"already_installed"`
	Unserved []string `json:"unserved"` // IDs of those that no request is served with
}

func describeImport(p *engine.Provisioner, report bundle.Report) imported {
	describeAll := func(workers []catalog.WorkerBinary) []worker {
		list := []worker{}
		for _, w := range workers {
			result := provisioner.Result{Worker: w}
			if recorded, err := p.Catalog().ReadProvenance(w.ID); err == nil {
				result.Provenance, result.Fallback = &recorded, recorded.Fallback
			}
			list = append(list, describe(result))
		}
		return list
	}
	return imported{describeAll(report.Imported), describeAll(report.Present), append([]string{}, report.Unserved...)}
}
