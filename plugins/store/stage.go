package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/executable"
)

// MaxSize is the most bytes that a plugin's executable may have.
const MaxSize = 512 << 20

const stagingPrefix = ".staging-"

// staged is a copy of an executable in a folder of its own, which nothing runs from yet.
type staged struct {
	dir, file string
	digest    catalog.Digest
	size      int64
}

func (s staged) path() string { return filepath.Join(s.dir, s.file) }

func (s staged) remove() { deleteFolder(s.dir) }

// stage copies what req asks for, hashing it in the same pass, and refuses what can't be a plugin for this machine.
func (s *Store) stage(req Request) (staged, error) {
	source, err := openExecutable("install plugin", req.Path)
	if err != nil {
		return staged{}, err
	}
	defer source.Close()
	dir, err := os.MkdirTemp(s.dir, stagingPrefix)
	if err != nil {
		return staged{}, fmt.Errorf("install plugin: %w", err)
	}
	copied := staged{dir: dir, file: nameInStore(req.Path)}
	if err = copied.fill(source); err == nil {
		err = copied.check(req)
	}
	if err != nil {
		copied.remove()
		return staged{}, err
	}
	return copied, nil
}

// CheckExecutable tells whether a path leads to an executable file, as Install wants it. Its errors are of kind
// InvalidConfig.
func CheckExecutable(path string) error {
	f, err := openExecutable("check plugin", path)
	if err != nil {
		return err
	}
	return f.Close()
}

// openExecutable opens a file that the user gave, to do something with it.
func openExecutable(what, path string) (*os.File, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "%s: %w", what, err).
			WithHint("give the path of the plugin's executable")
	}
	info, err := f.Stat()
	if err == nil && runtime.GOOS != "windows" && info.Mode()&0o111 == 0 {
		err = provisioner.Errorf(provisioner.InvalidConfig, "%s: %s is not executable", what, path).
			WithHint("`chmod +x %s`, if it is the plugin's executable", shellWord(path))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// nameInStore keeps the name of an executable, by which some interpreters tell what is in it, where every platform can
// store it.
func nameInStore(path string) string {
	if name := filepath.Base(path); catalog.ValidateID(name) == nil {
		return name
	}
	if runtime.GOOS == "windows" {
		return "plugin.exe"
	}
	return "plugin"
}

// fill copies the executable.
func (s *staged) fill(source *os.File) error {
	f, err := os.OpenFile(s.path(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return fmt.Errorf("install plugin: %w", err)
	}
	h := catalog.Digest("sha256:").Hash()
	s.size, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(source, MaxSize+1))
	err = errors.Join(err, os.Chmod(s.path(), 0o555), f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("install plugin: %w", err)
	}
	if s.size > MaxSize {
		return provisioner.Errorf(provisioner.InvalidConfig, "install plugin: %s is larger than %d bytes", source.Name(),
			MaxSize).
			WithHint("give the path of the plugin's executable, not of an archive or an installer")
	}
	s.digest = catalog.DigestOf(h)
	return nil
}

// check holds the copy against the digest that it must have, and looks whether this machine can run it.
func (s *staged) check(req Request) error {
	if req.Digest != "" && s.digest != req.Digest {
		return provisioner.Errorf(provisioner.DigestMismatch, "install plugin: %s has %s, and %s is wanted", req.From,
			s.digest, req.Digest).
			WithHint("ask the plugin's publisher for the digest of this version; if you trust the file, give its own: "+
				"--sha256 %s", s.digest.Hex())
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return fmt.Errorf("install plugin: %w", err)
	}
	defer root.Close()
	err = executable.Check(root, s.file, catalog.Current(), catalog.CurrentArch())
	if e, ok := errors.AsType[*provisioner.Error](err); ok {
		return e.WithHint(
			"install the plugin's executable for %s/%s; archives are to be unpacked first",
			catalog.Current(),
			catalog.CurrentArch(),
		)
	}
	return err
}

// open opens the copy again, for reading.
func (s *staged) open() (*Executable, error) {
	f, err := openRegular(s.path())
	if err != nil {
		return nil, err
	}
	id, err := identify(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	e := &Executable{path: s.path(), file: f, digest: s.digest, identity: id}
	have, err := digestOf(f)
	if err == nil && have != s.digest {
		err = fmt.Errorf("the copy of the plugin was changed: it has %s", have)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return e, nil
}
