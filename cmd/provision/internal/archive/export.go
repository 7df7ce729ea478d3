// Package archive has the commands that carry installed workers to machines without a network: export and import. The
// format of the archive is that of provisioner/bundle.
package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/provisioner/bundle"
)

const exportHelp = `Write installed workers to one archive, for machines without a network:

  provision export cpu-llm -o workers.tar.zst      the newest installed one that fits
  provision export ID... -o -                      those with these IDs, to stdout

` + "`provision import`" + ` installs them. Every byte is verified when it is exported, and again when it is imported.`

// Export writes installed workers to an archive.
type Export struct {
	*cli.Session
	cli.Request
	File string // path of the archive; "-" is stdout
}

// exported is the answer of `export --json`.
type exported struct {
	File    string         `json:"file"`
	IDs     []string       `json:"ids"`
	Bytes   int64          `json:"bytes"` // of the entries' files, uncompressed
	Digest  catalog.Digest `json:"digest"`
	Entries int            `json:"entries"`
}

// NewExport returns the command `export`.
func NewExport(s *cli.Session) *cobra.Command {
	c := &Export{Session: s}
	cmd := &cobra.Command{
		Use:               "export ID|TYPE[@CONSTRAINT]... -o FILE",
		Short:             "Write installed workers to an archive",
		Long:              exportHelp,
		Args:              cli.MinimumOneArg("the ID or the type of a worker"),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args) },
		ValidArgsFunction: s.CompleteIDs,
	}
	cmd.Flags().StringVarP(&c.File, "output", "o", "", "`file` to write; - is stdout")
	c.TargetFlags(cmd.Flags())
	return cmd
}

// Run exports the workers that IDs or TYPE[@CONSTRAINT]s name.
func (c *Export) Run(ctx context.Context, args []string) error {
	switch {
	case c.File == "":
		return exit.Usagef("want a file with -o, or -o - for stdout")
	case c.File == "-" && c.JSON:
		return exit.Usagef("-o - and --json both want stdout")
	}
	workers, err := c.Catalog()
	if err != nil {
		return err
	}
	ids, err := c.ids(ctx, workers, args)
	if err != nil {
		return err
	}
	hash := sha256.New()
	var m bundle.Manifest
	err = c.write(func(w io.Writer) (err error) {
		m, err = bundle.Export(ctx, workers, ids, io.MultiWriter(w, hash))
		return err
	})
	if err != nil {
		return err
	}
	e := exported{File: c.File, IDs: m.IDs(), Bytes: m.Bytes(), Digest: catalog.DigestOf(hash), Entries: len(m.Entries)}
	if c.JSON {
		return c.Print(e)
	}
	for _, id := range e.IDs {
		c.Notef("exported %s", id)
	}
	c.Notef("the archive is %s", e.Digest)
	return nil
}

// ids returns the IDs that the arguments are or mean: a worker type means the newest installed worker that fits.
func (c *Export) ids(ctx context.Context, workers *catalog.WorkerCatalog, args []string) ([]string, error) {
	var ids []string
	for _, arg := range args {
		if _, err := catalog.ParseID(arg); err == nil || workers.Contains(arg) {
			ids = append(ids, arg)
			continue
		}
		p, req, err := c.Open(c.Session, arg)
		if err != nil {
			return nil, err
		}
		installed, err := p.Installed(ctx, req)
		if err != nil {
			return nil, err
		}
		ids = append(ids, installed.Worker.ID)
	}
	return ids, nil
}

// write makes the archive's file, whole or not at all. It writes directly to stdout and to what is not a regular file,
// such as a device.
func (c *Export) write(write func(io.Writer) error) (err error) {
	if c.File == "-" {
		return write(c.Stdout)
	}
	if info, statErr := os.Stat(c.File); statErr == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(c.File, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := os.CreateTemp(filepath.Dir(c.File), "."+filepath.Base(c.File)+"-")
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), c.File)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
