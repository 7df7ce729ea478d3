//go:build unix

package store

import (
	"cmp"
	"context"
	"debug/elf"
	"encoding/binary"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestAnInstalledPluginIsReadOnlyAndDescribed(t *testing.T) {
	t.Setenv(secretKey, "x")
	s := New(newHome(t))
	path := vendor(t, "1.2.3")
	digest := digestOfFile(t, path)
	result, err := s.Install(t.Context(), Request{Path: path, Digest: digest, From: "https://example.org/acme"})
	require.NoError(t, err)
	require.Nil(t, result.Replaced)

	r, err := s.Get("acme")
	require.NoError(t, err)
	require.Equal(t, result.Record, r)
	require.Equal(t, "https://example.org/acme", r.From)
	require.Equal(t, digest, r.Digest)
	_, err = acme{}.Describe(t.Context())
	require.ErrorContains(t, err, "nobody granted", "the variable is there for all but the plugin")
	require.Equal(t, "1.2.3", r.Description.Version)
	require.Equal(t, []string{"ACME_TOKEN"}, r.Description.Needs.Env)

	require.Equal(t, filepath.Join(s.dir, digest.Hex(), "acme-vendor"), s.Path(r))
	for _, path := range []string{s.Path(r), filepath.Dir(s.Path(r))} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o555), info.Mode().Perm(), path)
	}
	require.ElementsMatch(t, []string{digest.Hex(), "acme.json"}, namesIn(t, s.dir))
	require.NoError(t, os.Unsetenv(secretKey))
	_, e, err := s.Open("acme")
	require.NoError(t, err)
	p := launch(t, e)
	require.NoError(t, e.Close())
	require.Equal(t, "1.2.3", versionOf(t, p))
}

func TestABinaryIsInstalledToo(t *testing.T) {
	data, err := os.ReadFile(self(t))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), binaryName)
	require.NoError(t, os.WriteFile(path, data, 0o755))
	s := New(newHome(t))
	require.Equal(t, "9.0.0", install(t, s, path).Description.Version)
	require.NoError(t, os.Remove(path), "the store has a copy of its own")
	_, e, err := s.Open("acme")
	require.NoError(t, err)
	defer e.Close()
	require.Equal(t, "9.0.0", versionOf(t, launch(t, e)))
}

func TestAnOlderVersionStaysWhileItRuns(t *testing.T) {
	s := New(newHome(t))
	first := install(t, s, vendor(t, "1.0.0"))
	_, e, err := s.Open("acme")
	require.NoError(t, err)
	running := launch(t, e)
	require.NoError(t, e.Close())

	second := install(t, s, vendor(t, "2.0.0"))
	require.Equal(t, first.Record, *second.Replaced)
	if runtime.GOOS == "linux" { // elsewhere the vendor does not hold its executable
		require.FileExists(t, s.Path(first.Record))
	}
	require.Equal(t, "1.0.0", versionOf(t, running))
	require.NoError(t, running.Close())

	again := install(t, s, vendor(t, "2.0.0"))
	require.Equal(t, second.Digest, again.Digest)
	require.ElementsMatch(t, []string{second.Digest.Hex(), "acme.json"}, namesIn(t, s.dir), "now nothing runs from it")

	require.NoError(t, s.Remove(t.Context(), "acme"))
	require.Empty(t, namesIn(t, s.dir))
	requireKind(t, s.Remove(t.Context(), "acme"), provisioner.NotFound, "plugin list")
	_, _, err = s.Open("acme")
	require.ErrorIs(t, err, ErrNotInstalled)
}

func TestWhatCannotBeAPluginIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string { return script(t, filepath.Join(dir, name), text) }
	plain := file("plain", vendorText(t, "1.0.0"))
	require.NoError(t, os.Chmod(plain, 0o644))
	for name, test := range map[string]struct {
		path  string
		kind  provisioner.Kind
		parts []string
	}{
		"missing":        {filepath.Join(dir, "none"), provisioner.InvalidConfig, []string{"no such file", "give the path"}},
		"folder":         {dir, provisioner.InvalidConfig, []string{"not a regular file"}},
		"not executable": {plain, provisioner.InvalidConfig, []string{"is not executable", "chmod +x"}},
		"archive": {file("a.zip", "PK\x03\x04 and so on"), provisioner.BadPayload,
			[]string{"known format", "unpacked first"}},
		"other machine": {file("strange", strangeExecutable()), provisioner.BadPayload,
			[]string{"is for", "install the plugin's executable for"}},
		"no interpreter": {file("orphan", "#!/nowhere/python3\n"), provisioner.PluginFault,
			[]string{"interpreter is missing: #!/nowhere/python3"}},
		"no plugin": {file("hello", "#!/bin/sh\necho hello, world\n"), provisioner.PluginFault,
			[]string{"install plugin: start " + filepath.Join(dir, "hello"), `it wrote "hello, world"`, "is a vendor"}},
		"ends": {file("ends", "#!/bin/sh\necho no licence >&2\nexit 3\n"), provisioner.PluginFault,
			[]string{"exit status 3", "no licence"}},
		"bad name": {file("bad", vendorText(t, "Acme_Inc@1.0.0")), provisioner.PluginFault,
			[]string{`malformed name "Acme_Inc"`}},
		"bad version": {file("latest", vendorText(t, "latest")), provisioner.PluginFault, []string{"latest"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(newHome(t))
			_, err := s.Install(t.Context(), Request{Path: test.path})
			requireKind(t, err, test.kind, test.parts...)
			require.Empty(t, namesIn(t, s.dir))
		})
	}
}

// strangeExecutable is the header of an executable for a machine that none of ours is.
func strangeExecutable() string {
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_S390), Version: 1, Ehsize: 64}
	copy(header.Ident[:], "\x7fELF\x02\x01\x01")
	var b strings.Builder
	if err := binary.Write(&b, binary.LittleEndian, header); err != nil {
		panic(err)
	}
	return b.String()
}

func TestTheSandboxModeHoldsWhileAPluginIsAsked(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace")
	path := script(
		t,
		filepath.Join(t.TempDir(), "acme-vendor"),
		strings.Replace(vendorText(t, "1.0.0"), "\n", "\ntouch "+trace+"\n", 1),
	)
	for _, mode := range []sandbox.Mode{"", sandbox.Auto, sandbox.Require, sandbox.Off} {
		t.Run("mode "+string(mode), func(t *testing.T) {
			defer os.Remove(trace)
			limits := sandbox.Available(sandbox.Rules{Mode: cmp.Or(mode, sandbox.Auto)})
			_, err := New(newHome(t)).Install(t.Context(), Request{Path: path, Sandbox: mode})
			if mode == sandbox.Require && len(limits.Missing) > 0 {
				requireKind(t, err, provisioner.InvalidConfig, limits.Missing[0])
				require.NoFileExists(t, trace, "it was not started")
				return
			}
			require.NoError(t, err)
			if limits.Files {
				require.NoFileExists(t, trace)
			} else {
				require.FileExists(t, trace)
			}
		})
	}
}

func TestAFailedInstallLeavesWhatIsInstalled(t *testing.T) {
	s := New(newHome(t))
	before := install(t, s, vendor(t, "1.0.0"))
	path := vendor(t, "2.0.0")
	_, err := s.Install(t.Context(), Request{Path: path, Digest: before.Digest})
	requireKind(t, err, provisioner.DigestMismatch, digestOfFile(t, path).String(), before.Digest.String(), "--sha256")

	refused := provisioner.Errorf(provisioner.InvalidConfig, "taken")
	_, err = s.Install(t.Context(), Request{Path: path, Accept: func(d provisioner.Description) error {
		require.Equal(t, "2.0.0", d.Version)
		return refused
	}})
	require.ErrorIs(t, err, refused)
	require.ElementsMatch(t, []string{before.Digest.Hex(), "acme.json"}, namesIn(t, s.dir))
	r, err := s.Get("acme")
	require.NoError(t, err)
	require.Equal(t, before.Record, r)
}

func TestInstallsAtOnceDoNotMix(t *testing.T) {
	home := newHome(t)
	versions := []string{"1.0.0", "1.0.0", "2.0.0", "other@3.0.0"}
	var paths []string
	for _, version := range versions {
		paths = append(paths, vendor(t, version))
	}
	var all sync.WaitGroup
	errs := make([]error, len(paths))
	for i, path := range paths {
		all.Go(func() { _, errs[i] = New(home).Install(t.Context(), Request{Path: path}) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	s := New(home)
	records, err := s.List()
	require.NoError(t, err)
	require.Len(t, records, 2)
	require.Equal(t, "other", records[1].Name())
	want := []string{"acme.json", "other.json", records[0].Digest.Hex(), records[1].Digest.Hex()}
	require.ElementsMatch(t, want, namesIn(t, s.dir), "an executable for each record, and no more")
	for _, r := range records {
		require.Equal(t, r.Digest, digestOfFile(t, s.Path(r)))
	}
}

func TestAnInstallThatIsKilledLeavesNothing(t *testing.T) {
	home, dir := newHome(t), t.TempDir()
	s := New(home)
	gate := filepath.Join(dir, "gate") // the sandbox lets a plugin open it for reading alone
	require.NoError(t, syscall.Mkfifo(gate, 0o600))
	hanging := script(t, filepath.Join(dir, "hanging"), "#!/bin/sh\nread line < "+gate+"\n")
	installer := exec.Command(self(t))
	installer.Env = append(os.Environ(), installKey+"="+hanging, homeKey+"="+home, raceOptions)
	require.NoError(t, installer.Start())
	var opened *os.File
	require.Eventually(t, func() (started bool) {
		var err error
		opened, err = os.OpenFile(gate, os.O_WRONLY|syscall.O_NONBLOCK, 0) // fails until the plugin reads
		return err == nil
	}, 20*time.Second, 5*time.Millisecond)
	defer opened.Close()

	impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Install(impatient, Request{Path: vendor(t, "1.0.0")})
	requireKind(t, err, provisioner.Cancelled, "wait for another process")

	require.NoError(t, installer.Process.Kill())
	require.Error(t, installer.Wait())
	records, err := s.List()
	require.NoError(t, err)
	require.Empty(t, records)
	installed := install(t, s, vendor(t, "1.0.0"))
	require.ElementsMatch(t, []string{installed.Digest.Hex(), "acme.json"}, namesIn(t, s.dir))
}
