package executable

import (
	"bytes"
	"encoding/binary"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// entry is a folder of files that a vendor brought.
type entry struct {
	t     *testing.T
	dir   string
	files []catalog.InstalledFile
}

func newEntry(t *testing.T) *entry { return &entry{t: t, dir: t.TempDir()} }

// path is where the file of a slash-separated name lies, which is listed as brought.
func (e *entry) path(name string) string {
	e.t.Helper()
	e.files = append(e.files, catalog.InstalledFile{Path: name})
	file := filepath.Join(e.dir, filepath.FromSlash(name))
	require.NoError(e.t, os.MkdirAll(filepath.Dir(file), 0o755))
	return file
}

func (e *entry) write(name string, content []byte) {
	e.t.Helper()
	require.NoError(e.t, os.WriteFile(e.path(name), content, 0o755))
}

func (e *entry) check(executable string, host map[string]string) error {
	e.t.Helper()
	root, err := os.OpenRoot(e.dir)
	require.NoError(e.t, err)
	defer root.Close()
	return CheckNeeds(root, executable, e.files, catalog.CurrentArch(), provisioner.HostOf(host))
}

// requireUnmet checks that an executable is refused so that the next candidate is tried, with a message and a hint.
func (e *entry) requireUnmet(executable string, host map[string]string, message string) {
	e.t.Helper()
	err := e.check(executable, host)
	require.EqualError(e.t, err, message)
	require.Equal(e.t, provisioner.BadPayload, provisioner.KindOf(err))
	require.NotEmpty(e.t, provisioner.HintOf(err))
}

// machO makes a Mach-O header for arm64 with one load command.
func machO(command ...uint32) []byte {
	const magic64, arm64, executable = 0xfeedfacf, 0x0100000c, 2
	size := uint32(4 * len(command))
	var b bytes.Buffer
	for _, word := range append([]uint32{magic64, arm64, 0, executable, 1, size, 0, 0}, command...) {
		_ = binary.Write(&b, binary.LittleEndian, word)
	}
	return b.Bytes()
}

// fatMachO joins executables for amd64 and arm64.
func fatMachO(amd64, arm64 []byte) []byte {
	amd64 = bytes.Clone(amd64)
	binary.LittleEndian.PutUint32(amd64[4:], 0x01000007)
	const header = 8 + 2*20
	words := []uint32{
		0xcafebabe, 2,
		0x01000007, 3, header, uint32(len(amd64)), 0,
		0x0100000c, 0, header + uint32(len(amd64)), uint32(len(arm64)), 0,
	}
	var b bytes.Buffer
	for _, word := range words {
		_ = binary.Write(&b, binary.BigEndian, word)
	}
	return append(append(b.Bytes(), amd64...), arm64...)
}

func TestCheckNeeds_macOSOfAMachOExecutable(t *testing.T) {
	built := machO(loadBuildVersion, 24, platformMacOS, 14<<16|2<<8, 15<<16, 0)
	old := machO(loadVersionMin, 16, 10<<16|15<<8|1, 11<<16)
	e := newEntry(t)
	e.write("bin/worker", built)
	e.requireUnmet("bin/worker", map[string]string{"macos": "13.6.1"},
		"worker needs macOS 14.2, and the machine has 13.6.1")
	for _, version := range []string{"14.2", "15.1", "", "?"} {
		require.NoError(t, e.check("bin/worker", map[string]string{"macos": version, "libc": "glibc"}), version)
	}
	e.write("old", old)
	require.NoError(t, e.check("old", map[string]string{"macos": "10.15.2"}))
	e.requireUnmet("old", map[string]string{"macos": "10.14"}, "old needs macOS 10.15, and the machine has 10.14")
	e.write("ios", machO(loadBuildVersion, 24, 2, 18<<16, 18<<16, 0))
	require.NoError(t, e.check("ios", map[string]string{"macos": "10.14"}))
}

func TestCheckNeeds_partOfAUniversalBinary(t *testing.T) {
	e := newEntry(t)
	for arch, want := range map[catalog.Arch]string{"arm64": "14.0", "amd64": "12.0", "386": ""} {
		fat := fatMachO(machO(loadBuildVersion, 24, platformMacOS, 12<<16, 0, 0),
			machO(loadBuildVersion, 24, platformMacOS, 14<<16, 0, 0))
		require.Equal(t, want, minimumMacOS(bytes.NewReader(fat), arch))
		e.write("worker", fat)
	}
}

func TestCheckNeeds_acceptsScripts(t *testing.T) {
	e := newEntry(t)
	host := map[string]string{"macos": "1", "glibc": "2.0", "libc": "musl", "loaders": "/lib/ld", "cpu": "x86-64-v1"}
	for name, content := range map[string]string{
		"script": "#!/bin/sh\n", "empty": "", "short": "\x7fELF", "macho": "\xcf\xfa\xed\xfe",
		"pe": "MZ\x90\x00" + strings.Repeat("\x00", 100),
	} {
		e.write(name, []byte(content))
		require.NoError(t, e.check(name, host), name)
	}
}

func TestCheckNeeds_missingExecutableIsAnError(t *testing.T) {
	require.ErrorIs(t, newEntry(t).check("missing", map[string]string{"libc": "musl"}), os.ErrNotExist)
}

// FuzzNeeds looks for what makes a reader of foreign bytes panic, hang or fail in another way than by refusing.
func FuzzNeeds(f *testing.F) {
	f.Add(machO(loadBuildVersion, 24, platformMacOS, 14<<16, 15<<16, 0))
	f.Add([]byte("\x7fELF\x02\x01\x01\x00"))
	if self, err := os.ReadFile("/bin/true"); err == nil {
		f.Add(self)
	}
	host := map[string]string{"macos": "1", "glibc": "2.0", "loaders": "/lib/ld", "cpu": "x86-64-v1"}
	f.Fuzz(func(t *testing.T, content []byte) {
		e := newEntry(t)
		e.write("worker", content)
		if err := e.check("worker", host); err != nil {
			require.Equal(t, provisioner.BadPayload, provisioner.KindOf(err))
		}
	})
}

func TestLibcOf_knowsLoaders(t *testing.T) {
	for loader, want := range map[string]string{
		"/lib64/ld-linux-x86-64.so.2": "glibc", "/lib/ld-linux-aarch64.so.1": "glibc", "/lib/ld-musl-x86_64.so.1": "musl",
		"/system/bin/linker64": "", "": "",
	} {
		require.Equal(t, want, libcOf(loader), path.Base(loader))
	}
}
