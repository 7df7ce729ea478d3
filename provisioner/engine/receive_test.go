package engine_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/internal/elftest"
)

// tarGz packs members, given as name and content in turn, each executable.
func tarGz(t *testing.T, members ...string) []byte {
	t.Helper()
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	archive := tar.NewWriter(compressed)
	for i := 0; i < len(members); i += 2 {
		header := &tar.Header{Name: members[i], Mode: 0o755, Size: int64(len(members[i+1])), Typeflag: tar.TypeReg}
		require.NoError(t, archive.WriteHeader(header))
		_, err := archive.Write([]byte(members[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	require.NoError(t, compressed.Close())
	return packed.Bytes()
}

func TestProvision_unpacksAnArchiveWithItsLibraries(t *testing.T) {
	v := &fakeVendor{}
	v.offer("1.0.0", "llama-b1-bin.tar.gz", tarGz(t, "llama-b1/llama-server", "#!/bin/sh\n", "llama-b1/libggml.so", "lib"))
	s := source("fake")
	s.Binary = "llama-server"
	h := newHouse(t, fakeVendors{"fake": v}, s)

	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(h.workers.WorkerPath(result.Worker.ID), "llama-b1", "llama-server"), result.Worker.Path)
	require.Equal(t, "lib", content(t, filepath.Join(filepath.Dir(result.Worker.Path), "libggml.so")))
	require.Len(t, result.Provenance.Files, 2)
}

func TestProvision_refusesAnUnusableFileWithAReason(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		content []byte
		binary  string
		kind    provisioner.Kind
		says    string
	}{
		"archive without the executable": {"w.tar.gz", tarGz(t, "top/other", "#!/bin/sh\n"), "server", provisioner.BadPayload,
			"set `binary:`"},
		"several executables": {"w.tar.gz", tarGz(t, "a", "#!/bin/sh\n", "b", "#!/bin/sh\n"), "",
			provisioner.BadPayload, "a, b"},
		"record's name": {"w.tar.gz", tarGz(t, "metadata.json", "{}", "worker", "#!/bin/sh\n"), "",
			provisioner.BadPayload, "metadata.json"},
		"escaping entry": {"w.tar.gz", tarGz(t, "../evil", "#!/bin/sh\n"), "", provisioner.UnsafeArchive,
			"../evil"},
		"other architecture": {"worker", elftest.Header(elf.EM_AARCH64), "", provisioner.BadPayload, "arm64"},
		"unknown architecture": {"worker", elftest.Header(elf.EM_MIPS), "", provisioner.BadPayload,
			"is for linux on an unknown processor, not for linux/amd64"},
		"no executable format": {"worker", []byte("Not Found"), "", provisioner.BadPayload, "known format"},
		"damaged archive": {"w.tar.gz", tarGz(t, "worker", "#!/bin/sh\n")[:40], "", provisioner.BadPayload,
			"w.tar.gz"},
	} {
		t.Run(name, func(t *testing.T) {
			v := &fakeVendor{}
			v.offer("1.0.0", c.file, c.content)
			s := source("fake")
			s.Binary = c.binary
			h := newHouse(t, fakeVendors{"fake": v}, s)
			_, err := h.provision(linuxCPU)
			require.Equal(t, c.kind, provisioner.KindOf(err), "%v", err)
			require.ErrorContains(t, err, c.says)
			h.requireUntouched(t)
		})
	}
}

func TestProvision_acceptsAnExecutableForThePlatform(t *testing.T) {
	v := &fakeVendor{}
	v.offer("1.0.0", "worker-linux-amd64", elftest.Header(elf.EM_X86_64))
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	info, err := os.Stat(result.Worker.Path)
	require.NoError(t, err)
	require.EqualValues(t, 0o755, info.Mode().Perm())
}

func TestProvision_wrongFileNamesAreAPluginFault(t *testing.T) {
	plant := func(path string) func(context.Context, provisioner.FetchRequest) error {
		return func(_ context.Context, req provisioner.FetchRequest) error {
			return os.Symlink(path, filepath.Join(req.Dir, "planted"))
		}
	}
	for name, v := range map[string]*fakeVendor{
		"path that leaves the folder": {brought: []string{"../../../worker"}},
		"absolute path":               {brought: []string{"/bin/sh"}},
		"planted link":                {brought: []string{"planted"}, onFetch: plant("/bin/sh")},
		"link inside":                 {brought: []string{"planted"}, onFetch: plant("worker-1.0.0")},
		"folder":                      {brought: []string{"."}},
		"file that is not there":      {brought: []string{"nothing"}},
		"too many files":              {brought: []string{"worker-1.0.0", "worker-1.0.0"}},
		"no file":                     {brought: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			v.offerScript("1.0.0")
			h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
			_, err := h.provision(linuxCPU)
			require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err), "%v", err)
			h.requireUntouched(t)
		})
	}
}

func TestProvision_fileChangedAfterTheResultIsAPluginFault(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"other bytes": func(path string) error { return os.WriteFile(path, []byte("#!/bin/sh\necho evil \n"), 0o600) },
		"another file": func(path string) error {
			return errors.Join(os.Rename(path, path+".aside"), os.WriteFile(path, []byte("#!/bin/sh\necho 2.0.0\n"), 0o600))
		},
		"no file": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			var brought string
			restless := &fakeVendor{onFetch: func(_ context.Context, req provisioner.FetchRequest) error {
				brought = filepath.Join(req.Dir, "worker-2.0.0")
				return nil
			}}
			restless.onClose = func() {
				if brought != "" {
					require.NoError(t, change(brought))
					brought = ""
				}
			}
			restless.offerScript("2.0.0")
			good := &fakeVendor{}
			good.offerScript("1.0.0")
			h := newHouse(t, fakeVendors{"restless": restless, "good": good}, source("restless"), source("good"))
			require.Equal(t, "1.0.0", h.provisioned(t).Worker.Version)
			i := slices.IndexFunc(h.events, func(e provisioner.Event) bool { return e.Action == provisioner.ActionSkip })
			require.GreaterOrEqual(t, i, 0)
			require.Equal(t, "restless", h.events[i].Vendor)
			require.Equal(t, provisioner.PluginFault, h.events[i].Kind)
			require.Contains(t, h.events[i].Message, "worker-2.0.0 was changed after")
		})
	}
}
