package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
)

// Executable is an open file that has the digest it should have. On Linux the Command starts this very file, whatever
// stands at its path by then; on other platforms it starts what stands there, and ends it unless that is the same file.
type Executable struct {
	path     string
	file     *os.File
	digest   catalog.Digest
	identity identity // when it was checked
}

// Command returns what plugins.Launch needs to start the executable. Close it after that.
func (e *Executable) Command() plugins.Command {
	return plugins.Command{Path: e.path, File: e.file, Check: e.unchanged}
}

// Close gives the file up. A vendor that was started from it goes on.
func (e *Executable) Close() error { return e.file.Close() }

// unchanged finds out whether the file was written to since it was checked, or another was started in its place.
func (e *Executable) unchanged() error {
	if e.isUnwritten() && (startsOpenFiles || e.isInPlace()) {
		return nil
	}
	return provisioner.Errorf(provisioner.PluginFault, "the executable was changed while it was started").
		WithHint("try again when nothing else writes to it")
}

// isUnwritten reads the file again if anything has touched it; that it has lost its name is no harm.
func (e *Executable) isUnwritten() bool {
	now, err := identify(e.file)
	if err != nil || now == e.identity && now.Changed != 0 {
		return err == nil
	}
	have, err := digestOf(e.file)
	return err == nil && have == e.digest
}

func (e *Executable) isInPlace() bool {
	ours, err := e.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(e.path)
	return err == nil && os.SameFile(ours, there)
}

// OpenCommand opens an executable that the user configured, at an absolute path, and makes sure of its SHA-256. It
// reads the file in full unless that was done before and nothing has touched the file since.
//
// Errors are *provisioner.Error: InvalidConfig for a file that can't be opened, PluginFault for one with another
// digest.
func (s *Store) OpenCommand(path string, digest catalog.Digest) (*Executable, error) {
	if !filepath.IsAbs(path) {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "open plugin %q: not an absolute path", path)
	}
	f, err := openRegular(path)
	if err != nil {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "open plugin: %w", err).
			WithHint("give the path of the vendor's executable as its `command`")
	}
	e, have, err := s.verify(f, path, digest)
	switch {
	case err != nil:
		return nil, err
	case have != digest:
		return nil, provisioner.Errorf(provisioner.PluginFault, "plugin %s was changed: it has %s, and %s is configured",
			path, have, digest).
			WithHint("if you trust the new file, put its digest into the configuration: `sha256: %s`", have.Hex())
	default:
		return e, nil
	}
}

// verify makes an open file an Executable if it has a digest, else closes it; have is the digest that it has.
func (s *Store) verify(f *os.File, path string, want catalog.Digest) (e *Executable, have catalog.Digest, err error) {
	defer func() {
		if e == nil {
			_ = f.Close()
		}
	}()
	id, err := identify(f)
	if err != nil {
		return nil, "", faultOf("look at", path, err)
	}
	expected := check{Path: path, Digest: want, Identity: id}
	if s.isKnown(expected) {
		return &Executable{path, f, want, id}, want, nil
	}
	began := s.now()
	if have, err = digestOf(f); err != nil {
		return nil, "", faultOf("read", path, err)
	}
	if have != want {
		return nil, have, nil
	}
	s.remember(expected, began)
	return &Executable{path, f, want, id}, have, nil
}

func faultOf(verb, path string, err error) error {
	return provisioner.Errorf(provisioner.PluginFault, "%s plugin %s: %w", verb, path, err)
}

const (
	vanishTries = 100
	vanishPause = 10 * time.Millisecond
)

// errVanished tells that an executable is being deleted, since another is installed in its place.
var errVanished = errors.New("the executable is being removed")

// Open opens the executable of an installed plugin as OpenCommand does, and keeps it from being removed while it is
// open or runs.
//
// Errors are *provisioner.Error: NotFound for a name that no plugin has, PluginFault for one that is damaged; or a
// *RecordError.
func (s *Store) Open(name string) (Record, *Executable, error) {
	var last catalog.Digest
	for range vanishTries {
		r, err := s.Get(name)
		if err != nil {
			return Record{}, nil, err
		}
		e, err := s.open(r)
		isGone := errors.Is(err, fs.ErrNotExist) && r.Digest != last
		if !isGone && !errors.Is(err, errVanished) {
			return r, e, err
		}
		last = r.Digest
		time.Sleep(vanishPause)
	}
	return Record{}, nil, provisioner.Errorf(provisioner.PluginFault, "open plugin %s: %w", name, errVanished)
}

func (s *Store) open(r Record) (*Executable, error) {
	path := s.Path(r)
	f, err := openRegular(path)
	if err != nil {
		return nil, damaged(r, provisioner.Errorf(provisioner.PluginFault, "open plugin: %w", err))
	}
	if !share(f) {
		return nil, errors.Join(errVanished, f.Close())
	}
	e, have, err := s.verify(f, path, r.Digest)
	switch {
	case err != nil:
		return nil, err
	case have != r.Digest:
		return nil, damaged(
			r,
			provisioner.Errorf(provisioner.PluginFault, "plugin %s was changed: it has %s, and %s was installed", path,
				have, r.Digest),
		)
	default:
		return e, nil
	}
}

// damaged tells how to mend an installed plugin.
func damaged(r Record, e *provisioner.Error) error {
	return e.WithHint("if you trust its origin, install it again: `%s`", r.InstallCommand())
}
