package archive

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/bundle"
)

const importHelp = `Install the workers of an archive that ` + "`provision export`" + ` wrote; - is stdin.
No network is needed.

The whole archive is verified before anything is installed: that it is what was exported, byte for byte, and that this
machine can start its workers. What is installed already with the same contents is left alone, and what differs is
replaced only with --force.`

// Import installs the workers of an archive.
type Import struct {
	*cli.Session
	Platform string // that the workers are for; empty is this machine's
	Force    bool   // replace installed workers whose contents differ or that are marked bad
	Host     cli.Host
}

// NewImport returns the command `import`.
func NewImport(s *cli.Session) *cobra.Command {
	c := &Import{Session: s}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Install workers from an archive",
		Long:  importHelp,
		Args:  cli.ExactArgs(1, "an archive, or - for stdin"),
		RunE:  func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args[0]) },
	}
	cmd.Flags().BoolVar(&c.Force, "force", false, "replace installed workers whose contents differ or that are marked bad")
	cmd.Flags().StringVar(&c.Platform, "platform", "", "`os/arch` that the workers are for (default this machine's)")
	c.Host.Flag(cmd.Flags())
	return cmd
}

// Run imports the archive in a file; "-" is stdin.
func (c *Import) Run(ctx context.Context, file string) error {
	platform, arch, err := cli.ParsePlatform(c.Platform)
	if err != nil {
		return err
	}
	p, err := c.Provisioner(c.Host)
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
	done, err := bundle.Import(ctx, p, archive, bundle.Options{
		Name: name, Platform: platform, Arch: arch, Force: c.Force,
		OnWait: func(id, holder string) { c.OnWait(id)(holder) },
	})
	c.note(p.Catalog(), done) // also what was installed before an error
	if err != nil || !c.JSON {
		return err
	}
	// An empty list is [] in JSON, and not null.
	return c.Print(imported{
		describe(p.Catalog(), done.Imported), describe(p.Catalog(), done.Present), append([]string{}, done.Unserved...),
	})
}

// note prints, for a person, what was imported.
func (c *Import) note(workers *catalog.WorkerCatalog, done bundle.Report) {
	for _, w := range done.Imported {
		c.Notef("installed %s", w.ID)
	}
	for _, w := range done.Present {
		c.Notef("%s is installed already", w.ID)
	}
	for _, id := range done.Unserved {
		source := "its source"
		if recorded, err := workers.ReadProvenance(id); err == nil {
			source += ", " + recorded.Source + ","
		}
		c.Notef("%s serves no request yet: %s is not configured here, or another one is preferred", id, source)
	}
}

// imported is the answer of `import --json`.
type imported struct {
	Imported []report.Worker `json:"imported"`
	Present  []report.Worker `json:"already_installed"`
	// Unserved are the IDs of workers that were imported, but that `provision TYPE` would not choose.
	Unserved []string `json:"unserved"`
}

func describe(workers *catalog.WorkerCatalog, list []catalog.WorkerBinary) []report.Worker {
	described := []report.Worker{}
	for _, w := range list {
		e := workers.EntryOf(w)
		described = append(described, report.NewWorker(provisioner.Result{Entry: e, Fallback: e.IsFallback()}))
	}
	return described
}
