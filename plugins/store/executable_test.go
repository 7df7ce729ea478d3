//go:build unix

package store

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
)

// later makes a store take files for settled.
func later(s *Store) *Store {
	s.now = func() time.Time { return time.Now().Add(time.Hour) }
	return s
}

// flip changes one byte of a file in place, and puts its time back.
func flip(t *testing.T, path string, offset int64) {
	t.Helper()
	before, err := os.Stat(path)
	require.NoError(t, err)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	b := make([]byte, 1)
	_, err = f.ReadAt(b, offset)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte{b[0] ^ 1}, offset)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.NoError(t, os.Chtimes(path, before.ModTime(), before.ModTime()))
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
	require.Equal(t, before.Size(), after.Size())
}

func TestWhatWasCheckedIsWhatStarts(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux starts an open file")
	}
	path := vendor(t, "1.0.0")
	digest := digestOfFile(t, path)
	e, err := New(newHome(t)).OpenCommand(path, digest)
	require.NoError(t, err)
	defer e.Close()
	require.NoError(t, os.Rename(vendor(t, "6.6.6"), path))
	require.NotEqual(t, digest, digestOfFile(t, path))
	require.Equal(t, "1.0.0", versionOf(t, launch(t, e)))
	require.NoError(t, os.Remove(path))
	require.Equal(t, "1.0.0", versionOf(t, launch(t, e)), "its name is no part of it")
}

func TestAFileThatIsWrittenToWhileItStartsIsEnded(t *testing.T) {
	path := vendor(t, "1.0.0")
	for name, s := range map[string]*Store{"fresh": New(newHome(t)), "settled": later(New(newHome(t)))} {
		e, err := s.OpenCommand(path, digestOfFile(t, path))
		require.NoError(t, err, name)
		flip(t, path, int64(strings.Index(vendorText(t, "1.0.0"), "1.0.0")))
		command := e.Command()
		command.Name, command.Env = "acme", plugins.Environment()
		_, err = plugins.Launch(t.Context(), command)
		requireKind(
			t,
			err,
			provisioner.PluginFault,
			"acme: start "+path+": the executable was changed while it was started",
			"try again",
		)
		require.NoError(t, e.Close())
	}
}

func TestAChangedByteIsNoticedThoughTheTimesAreThoseOfBefore(t *testing.T) {
	s := later(New(newHome(t)))
	path := vendor(t, "1.0.0")
	digest := digestOfFile(t, path)
	e, err := s.OpenCommand(path, digest)
	require.NoError(t, err)
	require.NoError(t, e.Close())
	require.FileExists(t, s.checkPath(path))
	flip(t, path, 3)
	_, err = s.OpenCommand(path, digest)
	requireKind(t, err, provisioner.PluginFault, "was changed", digest.String(), "sha256: "+digestOfFile(t, path).Hex())
	flip(t, path, 3)
	e, err = s.OpenCommand(path, digest)
	require.NoError(t, err)
	require.NoError(t, e.Close())
}

func TestAFileThatNothingHasTouchedIsNotReadAgain(t *testing.T) {
	s := later(New(newHome(t)))
	path := vendor(t, "1.0.0")
	f, err := os.Open(path)
	require.NoError(t, err)
	id, err := identify(f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	const other = "sha256:" + digits // only who reads the file sees that this is not its digest
	s.remember(check{Path: path, Digest: other, Identity: id}, s.now())
	e, err := s.OpenCommand(path, other)
	require.NoError(t, err)
	require.NoError(t, e.Close())
	e, err = s.OpenCommand(path, digestOfFile(t, path))
	require.NoError(t, err, "it holds for no other digest")
	require.NoError(t, e.Close())
}

func TestWithoutASoundMemoryAFileIsReadInFull(t *testing.T) {
	s := later(New(newHome(t)))
	path := vendor(t, "1.0.0")
	digest := digestOfFile(t, path)
	for _, spoil := range []func() error{
		func() error { return os.MkdirAll(filepath.Dir(s.checkPath(path)), 0o700) },
		func() error { return os.WriteFile(s.checkPath(path), nil, 0o600) },
		func() error { return os.WriteFile(s.checkPath(path), []byte(`{"digest":`), 0o600) },
		func() error { return os.Remove(s.checkPath(path)) },
	} {
		require.NoError(t, spoil())
		e, err := s.OpenCommand(path, digest)
		require.NoError(t, err)
		require.NoError(t, e.Close())
		require.NoError(t, spoil())
		_, err = s.OpenCommand(path, "sha256:"+digits)
		requireKind(t, err, provisioner.PluginFault, "was changed")
		e, err = s.OpenCommand(path, digest)
		require.NoError(t, err)
		require.NoError(t, e.Close())
		require.FileExists(t, s.checkPath(path))
	}
}

func TestAFileThatJustChangedIsReadAgain(t *testing.T) {
	s := New(newHome(t))
	path := vendor(t, "1.0.0")
	s.now = func() time.Time { // the time at which it was written
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info.ModTime()
	}
	e, err := s.OpenCommand(path, digestOfFile(t, path))
	require.NoError(t, err)
	require.NoError(t, e.Close())
	require.NoFileExists(t, s.checkPath(path))
}

func TestADamagedPluginIsNotStarted(t *testing.T) {
	s := later(New(newHome(t)))
	path := vendor(t, "1.0.0")
	installed := install(t, s, path)
	_, e, err := s.Open("acme")
	require.NoError(t, err)
	require.NoError(t, e.Close())
	require.FileExists(t, s.checkPath(s.Path(installed.Record)))

	require.NoError(t, os.Chmod(s.Path(installed.Record), 0o755))
	flip(t, s.Path(installed.Record), 3)
	_, _, err = s.Open("acme")
	requireKind(
		t,
		err,
		provisioner.PluginFault,
		"was changed",
		installed.Digest.String(),
		"`provision plugin install "+path+"`",
	)

	install(t, s, path)
	_, e, err = s.Open("acme")
	require.NoError(t, err)
	require.NoError(t, e.Close())

	require.NoError(t, os.Chmod(filepath.Dir(s.Path(installed.Record)), 0o755))
	require.NoError(t, os.Remove(s.Path(installed.Record)))
	_, _, err = s.Open("acme")
	requireKind(t, err, provisioner.PluginFault, "no such file", "install it again")
}

func TestOnlyRegularFilesAtAbsolutePathsAreStarted(t *testing.T) {
	s := New(newHome(t))
	const digest = "sha256:" + digits
	_, err := s.OpenCommand("acme", digest)
	requireKind(t, err, provisioner.InvalidConfig, "not an absolute path")
	_, err = s.OpenCommand(t.TempDir(), digest)
	requireKind(t, err, provisioner.InvalidConfig, "not a regular file")
	_, err = s.OpenCommand("/dev/null", digest)
	requireKind(t, err, provisioner.InvalidConfig, "not a regular file")
}
