package githubrelease

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

const script = "#!/bin/sh\n"

// entry is one of an archive; its kind is one of tar's types.
type entry struct {
	name string
	kind byte
	link string
	mode int64
	body string
}

func file(name, body string) entry      { return entry{name, tar.TypeReg, "", 0o755, body} }
func symlink(name, to string) entry     { return entry{name, tar.TypeSymlink, to, 0o777, ""} }
func hardLink(name, to string) entry    { return entry{name, tar.TypeLink, to, 0o755, ""} }
func special(name string, k byte) entry { return entry{name, k, "", 0o644, ""} }

// tarGz packs entries as they are, whatever they are.
func tarGz(t *testing.T, entries ...entry) []byte {
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	w := tar.NewWriter(compressed)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Mode: e.mode, Size: int64(len(e.body))}
		if e.kind == tar.TypeXGlobalHeader {
			header = &tar.Header{Typeflag: e.kind, PAXRecords: map[string]string{"comment": "a commit"}}
		}
		require.NoError(t, w.WriteHeader(header))
		_, err := io.WriteString(w, e.body)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, compressed.Close())
	return packed.Bytes()
}

// zipOf packs files and symbolic links.
func zipOf(t *testing.T, entries ...entry) []byte {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, CreatorVersion: 3 << 8,
			ExternalAttrs: uint32(0o100000|e.mode) << 16}
		if e.kind == tar.TypeSymlink {
			header.ExternalAttrs, e.body = 0o120777<<16, e.link
		}
		f, err := w.CreateHeader(header)
		require.NoError(t, err)
		_, err = io.WriteString(f, e.body)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return packed.Bytes()
}

// hostile lists archives that no one should unpack, by what is wrong with them.
func hostile(t *testing.T) map[string][]byte {
	zeros := strings.Repeat("\x00", 40<<20)
	all := map[string][]byte{
		"hard link out.tar.gz":              tarGz(t, file("tool", script), hardLink("evil", "../../evil")),
		"hard link to a system file.tar.gz": tarGz(t, file("tool", script), hardLink("evil", "/etc/passwd")),
		"character device.tar.gz":           tarGz(t, file("tool", script), special("evil", tar.TypeChar)),
		"block device.tar.gz":               tarGz(t, file("tool", script), special("evil", tar.TypeBlock)),
		"pipe.tar.gz":                       tarGz(t, file("tool", script), special("evil", tar.TypeFifo)),
		"bomb.tar.gz":                       tarGz(t, file("tool", script), file("evil", zeros)),
		"bomb.zip":                          zipOf(t, file("tool", script), file("evil", zeros)),
	}
	for what, entries := range map[string][]entry{
		"parent":                       {file("../evil", script)},
		"parent of a folder":           {file("d/../../evil", script)},
		"absolute":                     {file("/tmp/evil", script)},
		"drive":                        {file("C:/evil", script)},
		"backslashes":                  {file(`..\evil`, script)},
		"device of Windows":            {file("evil/NUL", script)},
		"link out":                     {symlink("evil", "../../..")},
		"absolute link":                {symlink("evil", "/etc/passwd")},
		"child through a link":         {symlink("evil", "d"), file("evil/x", script)},
		"child through a link outside": {symlink("evil", "/tmp"), file("evil/x", script)},
		"link written through":         {symlink("evil", "tool"), file("evil", script)},
		"setuid":                       {{"evil", tar.TypeReg, "", 0o4755, script}},
		"names that differ in case":    {file("Evil", script), file("evil", script)},
		"long path":                    {file(strings.Repeat("evil/", 200)+"x", script)},
	} {
		entries = append([]entry{file("tool", script)}, entries...)
		all[what+".tar.gz"], all[what+".zip"] = tarGz(t, entries...), zipOf(t, entries...)
	}
	return all
}

func TestHostileArchivesInstallNothing(t *testing.T) {
	for what, content := range hostile(t) {
		requireRefusedArchive(t, what, content, provisioner.UnsafeArchive)
	}
}

func TestDamagedArchivesInstallNothing(t *testing.T) {
	whole, packed := tarGz(t, file("tool", script)), zipOf(t, file("tool", script))
	wrongSum := bytes.Clone(packed)
	at := bytes.Index(wrongSum, []byte("PK\x01\x02")) + 16
	wrongSum[at] ^= 1
	for what, content := range map[string][]byte{
		"cut.tar.gz":              whole[:len(whole)-9],
		"cut.zip":                 packed[:len(packed)-9],
		"wrong checksum.zip":      wrongSum,
		"a page.tar.gz":           []byte("<!doctype html><title>Sign in</title>"),
		"a page.zip":              []byte("<!doctype html><title>Sign in</title>"),
		"data behind it.tar.gz":   append(bytes.Clone(whole), "evil"...),
		"dangling link.tar.gz":    tarGz(t, file("tool", script), symlink("evil", "missing")),
		"link to itself.zip":      zipOf(t, file("tool", script), symlink("evil", "evil")),
		"without the tool.tar.gz": tarGz(t, file("one", script), file("two", script)),
	} {
		requireRefusedArchive(t, what, content, provisioner.BadPayload)
	}
}

// requireRefusedArchive publishes an archive with its true digest, so that nothing but what it holds speaks against it.
// The name of what ends in an archive's ending.
func requireRefusedArchive(t *testing.T, what string, content []byte, kind provisioner.Kind) {
	t.Run(what, func(t *testing.T) {
		suffix := what[strings.Index(what, "."):]
		s := newSite(t, quickSource())
		s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{{Name: "tool-linux-amd64" + suffix,
			Content: content}}})
		_, err := s.install(t)
		require.Equal(t, kind, provisioner.KindOf(err), "%v", err)
		require.ErrorContains(t, err, "tool-linux-amd64"+suffix)
		s.requireNothing(t)

		good := tarGz(t, file("tool", script))
		s.Publish(repo, githubtest.Release{Tag: "v1.0.1", Assets: []githubtest.Asset{{Name: "tool-linux-amd64.tar.gz",
			Content: good}}})
		s.requireInstalled(t, "1.0.1", []byte(script))
	})
}

func TestUsualArchivesAreInstalledWhole(t *testing.T) {
	long := strings.Repeat("long/", 40) + "name"
	release := []entry{
		{name: "tool-v1/", kind: tar.TypeDir, mode: 0o755}, file("./tool-v1/tool", script), file("tool-v1/libx.so.1.2",
			"library"),
		symlink("tool-v1/libx.so.1", "libx.so.1.2"), symlink("tool-v1/libx.so", "libx.so.1"), file(long, "deep"),
	}
	for name, content := range map[string][]byte{
		"tool-linux-amd64.tar.gz": tarGz(t, append([]entry{special("", tar.TypeXGlobalHeader)},
			append(release, hardLink("tool-v1/same", "tool-v1/tool"))...)...),
		"tool-linux-amd64.zip": zipOf(t, append(release[1:], file("tool-v1/same", script))...),
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, quickSource())
			s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{{Name: name, Content: content}}})
			s.requireInstalled(t, "1.0.0", []byte(script))
			result, err := s.install(t)
			require.NoError(t, err)
			dir := filepath.Dir(result.Worker.Path)
			for path, want := range map[string]string{"libx.so": "library", "same": script, "../" + long: "deep"} {
				have, err := os.ReadFile(filepath.Join(dir, path))
				require.NoError(t, err)
				require.Equal(t, want, string(have))
			}
		})
	}
}
