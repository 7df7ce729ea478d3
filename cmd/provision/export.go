package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/bundle"
)

const exportHelp = `Write installed workers to one archive, for machines without a network:

  provision export cpu-llm -o workers.tar.zst      the newest installed one that fits
  provision export ID... -o -                      those with these IDs, to stdout

` + "`provision import`" + ` takes it. Every byte is verified on its way into the archive, and again on its way out.`

// exported is what `export --json` prints.
type exported struct {
	File    string         `json:"file"`
	IDs     []string       `json:"ids"`
	Bytes   int64          `json:"bytes"` // of the entries' files, before they are compressed
	Digest  catalog.Digest `json:"digest"`
	Entries int            `json:"entries"`
}

func (a *app) exportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "export ID|TYPE[@CONSTRAINT]... -o FILE",
		Short: "Write installed workers to an archive",
		Long:  exportHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			return exactArgs(max(len(args), 1), "the ID or the type of a worker")(cmd, args)
		},
		RunE:              func(cmd *cobra.Command, args []string) error { return a.export(cmd.Context(), args, out) },
		ValidArgsFunction: a.completeIDs,
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "`file` to write; - is stdout")
	a.requestFlags(cmd)
	return cmd
}

func (a *app) export(ctx context.Context, args []string, out string) error {
	switch {
	case out == "":
		return exit.Usagef("want a file with -o, or -o - for stdout")
	case out == "-" && a.json:
		return exit.Usagef("-o - and --json both want stdout")
	}
	workers, err := a.catalog()
	if err != nil {
		return err
	}
	ids, err := a.idsOf(ctx, workers, args)
	if err != nil {
		return err
	}
	hash := sha256.New()
	var m bundle.Manifest
	write := func(w io.Writer) (err error) {
		m, err = bundle.Export(ctx, workers, ids, io.MultiWriter(w, hash))
		return err
	}
	if out == "-" {
		err = write(a.stdout)
	} else {
		err = writeWhole(out, write)
	}
	if err != nil {
		return err
	}
	e := exported{File: out, IDs: m.IDs(), Bytes: m.Bytes(), Digest: catalog.DigestOf(hash), Entries: len(m.Entries)}
	if a.json {
		return a.print(e)
	}
	if !a.quiet {
		for _, id := range e.IDs {
			fmt.Fprintf(a.stderr, "provision: exported %s\n", id)
		}
		fmt.Fprintf(a.stderr, "provision: the archive is %s\n", e.Digest)
	}
	return nil
}

// idsOf reads IDs of entries, and worker types for the newest installed worker that fits.
func (a *app) idsOf(ctx context.Context, workers *catalog.WorkerCatalog, args []string) ([]string, error) {
	var ids []string
	for _, arg := range args {
		if _, err := catalog.ParseID(arg); err == nil || workers.Contains(arg) {
			ids = append(ids, arg)
			continue
		}
		p, req, err := a.openFor(arg)
		if err != nil {
			return nil, err
		}
		var installed provisioner.Result
		if installed, err = p.Installed(ctx, req); err != nil {
			return nil, err
		}
		ids = append(ids, installed.Worker.ID)
	}
	return ids, nil
}

// writeWhole makes a file that is there whole or not at all. What is no regular file, such as a device, is written to as it is.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	if info, statErr := os.Stat(path); statErr == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
