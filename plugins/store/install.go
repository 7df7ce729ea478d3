package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/atomicfile"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/provisioner"
)

// Request says what to install.
type Request struct {
	Path   string         // of the executable
	Digest catalog.Digest // that it must have, a SHA-256; empty takes any
	From   string         // where it came from, for the record; empty is Path
	// Sandbox tells what to do where the system can't limit the plugin while it is asked; empty is sandbox.Auto.
	Sandbox sandbox.Mode
	// Accept, unless nil, may refuse a plugin by what it says of itself. Its error is returned as it is.
	Accept func(provisioner.Description) error
}

// Result tells of a plugin that was installed.
type Result struct {
	Record
	Replaced *Record // that of the plugin that had the name before; nil if none had
}

// Install copies an executable into the store, asks it who it is in a closed environment (no variables, no grants, an
// empty working folder), and makes it the plugin of that name. A plugin that had the name before is replaced; its
// executable stays until nothing runs from it. A failure, or the end of this process, leaves all as it was.
//
// Errors are *provisioner.Error: InvalidConfig for a file that can't be one or a sandbox that can't be had,
// DigestMismatch, BadPayload for an executable of another platform, PluginFault for one that is no vendor or not a
// sound one, Cancelled; else a failure of this machine.
func (s *Store) Install(ctx context.Context, req Request) (Result, error) {
	path, err := filepath.Abs(req.Path)
	if err != nil {
		return Result{}, fmt.Errorf("install plugin: %w", err)
	}
	req.Path = path
	if req.From == "" {
		req.From = path
	}
	var result Result
	err = s.locked(ctx, func() error {
		result, err = s.install(ctx, req)
		return err
	})
	return result, err
}

// install does the work of Install for the holder of the lock.
func (s *Store) install(ctx context.Context, req Request) (Result, error) {
	staged, err := s.stage(req)
	if err != nil {
		return Result{}, err
	}
	defer staged.remove()
	description, err := describe(ctx, staged, req.Sandbox)
	if err != nil {
		return Result{}, inWordsOf(req, staged, err)
	}
	if req.Accept != nil {
		if err := req.Accept(description); err != nil {
			return Result{}, err
		}
	}
	result := Result{Record: Record{
		Digest: staged.digest, File: staged.file, Size: staged.size, From: req.From, InstalledAt: s.now().UTC(),
		Description: description,
	}}
	if before, err := s.Get(description.Name); err == nil {
		result.Replaced = &before
	}
	if result.File, err = s.place(staged); err != nil {
		return Result{}, fmt.Errorf("install plugin %s: %w", description.Name, err)
	}
	if err := s.writeRecord(result.Record); err != nil {
		return Result{}, fmt.Errorf("install plugin %s: %w", description.Name, err)
	}
	s.prune()
	return result, nil
}

// inWordsOf tells a failure of the copy as one of what the user gave.
func inWordsOf(req Request, staged staged, err error) error {
	e, ok := errors.AsType[*provisioner.Error](err)
	if !ok {
		return fmt.Errorf("install plugin: %w", err)
	}
	told := *e
	told.Message = "install plugin: " + strings.ReplaceAll(e.Message, staged.path(), req.From)
	return &told
}

// place puts a staged executable into the folder of its digest, and returns its name there: that may be an earlier
// one's, of the same bytes.
func (s *Store) place(staged staged) (string, error) {
	folder := s.folder(staged.digest)
	if have, ok := s.intact(folder, staged.digest); ok {
		return have, nil
	}
	if err := s.discard(folder); err != nil {
		return "", err
	}
	if err := errors.Join(os.Chmod(staged.dir, 0o555), atomicfile.SyncFolder(staged.dir)); err != nil {
		return "", err
	}
	if err := os.Rename(staged.dir, folder); err != nil {
		return "", err
	}
	return staged.file, atomicfile.SyncFolder(s.dir)
}

// intact returns the name of the executable in a folder, if it has its digest.
func (s *Store) intact(folder string, digest catalog.Digest) (string, bool) {
	name, ok := onlyFile(folder)
	if !ok {
		return "", false
	}
	f, err := openRegular(filepath.Join(folder, name))
	if err != nil {
		return "", false
	}
	defer f.Close()
	have, err := digestOf(f)
	return name, err == nil && have == digest
}

// onlyFile is the name of the one file that a folder holds.
func onlyFile(folder string) (string, bool) {
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		return "", false
	}
	return entries[0].Name(), true
}
