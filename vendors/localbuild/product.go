package localbuild

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/executable"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// takeExecutable copies the executable into the request's folder.
func (b *build) takeExecutable(p product) error {
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		return provisioner.Errorf(provisioner.BuildFailed, "find what was built: %w", err)
	}
	defer root.Close()
	name, err := p.find(root)
	if err == nil {
		err = p.checkContent(root, name)
	}
	if err == nil && !p.scripts {
		err = executable.Check(root, filepath.FromSlash(name), b.query.Platform, b.query.Arch)
	}
	if err != nil {
		e := provisioner.Errorf(provisioner.BuildFailed, "find what was built: %w", err)
		if hint := b.builderKind.outputHint; hint != "" {
			e = e.WithHint("%s", hint)
		}
		return e
	}
	b.details["output"] = name
	if err := copyFrom(root, name, b.path(b.name)); err != nil {
		return failure.Wrap(provisioner.Other, "take what was built", err)
	}
	return nil
}

// find returns the path of the executable below the product's folder.
func (p product) find(root *os.Root) (string, error) {
	if p.problem != "" {
		return "", errors.New(p.problem)
	}
	if len(p.candidates) == 0 {
		return onlyFile(root)
	}
	for _, name := range p.candidates {
		_, err := root.Stat(filepath.FromSlash(name))
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("there is no %s in %s", strings.Join(p.candidates, " or "), p.dir)
}

func onlyFile(root *os.Root) (string, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return "", err
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if len(names) != 1 {
		return "", fmt.Errorf("%d files were made where one is wanted: %s", len(names), strings.Join(names, ", "))
	}
	return names[0], nil
}

// checkContent refuses files that cannot be an executable. The engine checks more.
func (p product) checkContent(root *os.Root, name string) error {
	info, err := root.Stat(filepath.FromSlash(name))
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder", name)
	case !info.Mode().IsRegular(): // to open a pipe would wait for who writes to it
		return fmt.Errorf("%s is not a regular file", name)
	case info.Size() == 0:
		return fmt.Errorf("%s is empty", name)
	case p.scripts:
		return nil
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	defer f.Close()
	var magic [2]byte
	if _, _ = io.ReadFull(f, magic[:]); string(magic[:]) == "#!" {
		return fmt.Errorf("%s is a script, not an executable", name)
	}
	return nil
}

func copyFrom(root *os.Root, name, to string) error {
	src, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}
