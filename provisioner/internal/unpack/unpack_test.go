package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

func TestExtract_knowsEveryFormat(t *testing.T) {
	archive := tarOf(t, item{name: "tool", body: tool, mode: 0o755})
	for name, data := range map[string][]byte{
		"w.tar":     archive,
		"w.tar.gz":  pack(t, codecGzip, archive),
		"w.tgz":     pack(t, codecGzip, archive),
		"W.TAR.ZST": pack(t, codecZstd, archive),
		"w.tar.xz":  pack(t, codecXz, archive),
		"w.tar.bz2": decode64(t, toolTarBzip2),
		"w.zip":     zipOf(t, item{name: "tool", body: tool, mode: 0o755}),
		"tool.gz":   pack(t, codecGzip, []byte(tool)),
		"tool.zst":  pack(t, codecZstd, []byte(tool)),
		"tool.xz":   pack(t, codecXz, []byte(tool)),
		"tool.bz2":  decode64(t, toolBzip2),
		"tool":      []byte(tool),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			files, err := p.extract(t, name, data, Limits{})
			require.NoError(t, err)
			require.Equal(t, map[string]string{"tool": tool}, p.tree(t))
			require.Len(t, files, 1)
			require.Equal(t, fs.FileMode(0o755), files[0].Mode)
		})
	}
}

func TestExtract_joinsConcatenatedStreams(t *testing.T) {
	archive := tarOf(t, item{name: "tool", body: tool})
	for suffix, c := range map[string]codec{".gz": codecGzip, ".zst": codecZstd, ".xz": codecXz} {
		p := newPlace(t)
		data := slices.Concat(pack(t, c, archive[:700]), pack(t, c, archive[700:]))
		_, err := p.extract(t, "w.tar"+suffix, data, Limits{})
		require.NoError(t, err, suffix)
		require.Equal(t, map[string]string{"tool": tool}, p.tree(t), suffix)
	}
}

func TestExtractTar_unpacksAReleaseWithLinkedLibraries(t *testing.T) {
	p := newPlace(t)
	files, err := p.extract(t, "llama-b9000-bin-ubuntu-x64.tar.gz", pack(t, codecGzip, tarOf(t,
		item{kind: tar.TypeXGlobalHeader, body: "1a2b3c"},
		item{name: "./", kind: tar.TypeDir, mode: 0o755},
		item{name: "./llama-b9000/", kind: tar.TypeDir, mode: 0o700},
		item{name: "./llama-b9000/libggml.so", kind: tar.TypeSymlink, link: "libggml.so.1", mode: 0o777},
		item{name: "./llama-b9000/libggml.so.1", kind: tar.TypeSymlink, link: "libggml.so.1.2", mode: 0o777},
		item{name: "./llama-b9000/libggml.so.1.2", body: "library", mode: 0o755},
		item{name: "./llama-b9000/llama-server", body: tool, mode: 0o744},
		item{name: "./llama-b9000/LICENSE", body: "MIT", mode: 0o600},
	)), Limits{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"llama-b9000": "/", "llama-b9000/libggml.so": "library", "llama-b9000/libggml.so.1": "library",
		"llama-b9000/libggml.so.1.2": "library", "llama-b9000/llama-server": tool, "llama-b9000/LICENSE": "MIT",
	}, p.tree(t))
	modes := map[string]fs.FileMode{}
	for _, f := range files {
		modes[f.Path] = f.Mode.Perm()
	}
	require.Equal(t, fs.FileMode(0o755), modes["llama-b9000/llama-server"])
	require.Equal(t, fs.FileMode(0o644), modes["llama-b9000/LICENSE"])
	require.True(t, slices.IsSortedFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) }))
}

func TestExtractZip_unpacksAFlatZipOfWindows(t *testing.T) {
	p := newPlace(t)
	_, err := p.extract(t, "llama-b9000-bin-win-cpu-x64.zip", zipOf(t,
		item{name: "llama-server.exe", body: "MZ"}, item{name: "ggml.dll", body: strings.Repeat("dll", 1000)},
	), Limits{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"llama-server.exe": "MZ", "ggml.dll": strings.Repeat("dll", 1000)}, p.tree(t))
}

func TestExtractZip_keepsLinksAndExecutability(t *testing.T) {
	p := newPlace(t)
	files, err := p.extract(t, "w.zip", zipOf(t,
		item{name: "build/bin/", kind: tar.TypeDir, mode: 0o755},
		item{name: "build/bin/lib.so", kind: tar.TypeSymlink, link: "../lib.so.1", mode: 0o777},
		item{name: "build/lib.so.1", body: "library", mode: 0o755},
	), Limits{})
	require.NoError(t, err)
	require.Equal(t, "library", p.tree(t)["build/bin/lib.so"])
	require.Equal(t, fs.FileMode(0o755), files[len(files)-1].Mode)
}

func TestExtractZip_knowsZstd(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zstd.ZipMethodWinZip, zstd.ZipCompressor())
	f, err := w.CreateHeader(&zip.FileHeader{Name: "tool", Method: zstd.ZipMethodWinZip})
	require.NoError(t, err)
	_, err = f.Write([]byte(tool))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	p := newPlace(t)
	_, err = p.extract(t, "w.zip", b.Bytes(), Limits{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"tool": tool}, p.tree(t))
}

func TestExtractTar_linksHardLinks(t *testing.T) {
	p := newPlace(t)
	files, err := p.extract(t, "w.tar", tarOf(t,
		item{name: "bin/tool", body: tool, mode: 0o755},
		item{name: "alias", kind: tar.TypeLink, link: "./bin/tool"},
		item{name: "bin/soft", kind: tar.TypeSymlink, link: "tool"},
		item{name: "bin/softer", kind: tar.TypeLink, link: "bin/soft"},
	), Limits{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"bin": "/", "bin/tool": tool, "alias": tool, "bin/soft": tool, "bin/softer": tool,
	}, p.tree(t))
	require.Equal(t, "alias", files[0].Path)
	require.Equal(t, fs.FileMode(0o755), files[0].Mode)
	alias, err := p.dst.Stat("alias")
	require.NoError(t, err)
	original, err := p.dst.Stat("bin/tool")
	require.NoError(t, err)
	require.True(t, os.SameFile(alias, original))
}

func TestExtract_makesLinksToFolders(t *testing.T) {
	p := newPlace(t)
	_, err := p.extract(t, "w.tar", tarOf(t,
		item{name: "lib64", kind: tar.TypeSymlink, link: "usr/lib/"},
		item{name: "usr/lib/up", kind: tar.TypeSymlink, link: "../../lib64/../lib/a.so"},
		item{name: "usr/lib/a.so", body: "library"},
	), Limits{})
	require.NoError(t, err)
	require.Equal(t, "library", p.tree(t)["usr/lib/up"])
}

func TestExtract_keepsLongNamesAndEmptyFolders(t *testing.T) {
	long := strings.Repeat("d/", 100) + strings.Repeat("n", 200)
	for name, data := range map[string][]byte{
		"w.tar": tarOf(t, item{name: long, body: "x"}, item{name: "empty/", kind: tar.TypeDir}),
		"w.zip": zipOf(t, item{name: long, body: "x"}, item{name: "empty/", kind: tar.TypeDir}),
	} {
		p := newPlace(t)
		_, err := p.extract(t, name, data, Limits{})
		require.NoError(t, err, name)
		require.Equal(t, "x", p.tree(t)[long], name)
		require.Equal(t, "/", p.tree(t)["empty"], name)
	}
}

func TestExtractTar_writesSparseFilesInFull(t *testing.T) {
	// As GNU tar writes them: a name in an extended header, and in the content a map (one piece of 5 bytes at 2048)
	// before it.
	records := map[string]string{
		"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "hole", "GNU.sparse.realsize": "4096",
	}
	content := append(make([]byte, 0, 517), "1\n2048\n5\n"...)
	content = append(content[:512], "piece"...)
	p := newPlace(t)
	_, err := p.extract(t, "w.tar", sparseTar(t, records, content), Limits{})
	require.NoError(t, err)
	want := make([]byte, 4096)
	copy(want[2048:], "piece")
	require.Equal(t, map[string]string{"hole": string(want)}, p.tree(t))
}

// sparseTar writes the records as a header of its own, since archive/tar refuses to write those of sparse files.
func sparseTar(t *testing.T, records map[string]string, content []byte) []byte {
	t.Helper()
	var pax strings.Builder
	for _, key := range []string{"GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.name", "GNU.sparse.realsize"} {
		record := " " + key + "=" + records[key] + "\n"
		fmt.Fprintf(&pax, "%d%s", len(record)+2, record) // all records have lengths of two digits
	}
	extended := tarOf(t, item{name: "pax", body: pax.String()})
	retype(extended[:512], tar.TypeXHeader)
	return slices.Concat(extended[:1024], tarOf(t, item{name: "hole", body: string(content)}))
}

func TestExtract_acceptsEqualFilesOfASecondArchive(t *testing.T) {
	p := newPlace(t)
	first := tarOf(t,
		item{name: "LICENSE", body: "MIT"}, item{name: "lib/a.so.1", body: "a"},
		item{name: "lib/a.so", kind: tar.TypeSymlink, link: "a.so.1"},
	)
	_, err := p.extract(t, "worker.tar", first, Limits{})
	require.NoError(t, err)
	files, err := p.extract(t, "cudart.tar", tarOf(t,
		item{name: "LICENSE", body: "MIT", mode: 0o755},
		item{name: "lib/", kind: tar.TypeDir},
		item{name: "lib/a.so", kind: tar.TypeSymlink, link: "a.so.1"},
		item{name: "lib/b.so", kind: tar.TypeSymlink, link: "a.so"},
		item{name: "lib/libcudart.so", body: "cuda"},
	), Limits{})
	require.NoError(t, err)
	require.Equal(t, []string{"lib/b.so", "lib/libcudart.so"}, []string{files[0].Path, files[1].Path})
	require.Len(t, files, 2)
	require.Equal(t, map[string]string{
		"LICENSE": "MIT", "lib": "/", "lib/a.so": "a", "lib/a.so.1": "a", "lib/b.so": "a", "lib/libcudart.so": "cuda",
	}, p.tree(t))
}

func TestExtract_refusesChangesByASecondArchive(t *testing.T) {
	for what, changed := range map[string][]item{
		"content":            {{name: "LICENSE", body: "GPL"}},
		"link's target":      {{name: "b.so", body: "b"}, {name: "lib/a.so", kind: tar.TypeSymlink, link: "../b.so"}},
		"link into file":     {{name: "lib/a.so", body: "a"}},
		"file into link":     {{name: "LICENSE", kind: tar.TypeSymlink, link: "lib"}},
		"file into folder":   {{name: "LICENSE/x", body: "x"}},
		"folder into file":   {{name: "lib", body: "x"}},
		"file's hard link":   {{name: "b", body: "GPL"}, {name: "LICENSE", kind: tar.TypeLink, link: "b"}},
		"hard link's target": {{name: "b", kind: tar.TypeLink, link: "LICENSE"}},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPlace(t)
			_, err := p.extract(t, "worker.tar", tarOf(t,
				item{name: "LICENSE", body: "MIT"}, item{name: "lib/a.so.1", body: "a"},
				item{name: "lib/a.so", kind: tar.TypeSymlink, link: "a.so.1"},
			), Limits{})
			require.NoError(t, err)
			before := p.tree(t)
			_, err = p.extract(t, "cudart.tar", tarOf(t, changed...), Limits{})
			var corrupt *CorruptError
			require.ErrorAs(t, err, &corrupt)
			require.Equal(t, changed[len(changed)-1].name, corrupt.Entry)
			after := p.tree(t)
			for name := range before {
				require.Equal(t, before[name], after[name])
			}
		})
	}
}

func TestExtract_copiesWhereTheSystemRefusesLinks(t *testing.T) {
	p := newPlace(t)
	archive := tarOf(t,
		item{name: "a", body: "library", mode: 0o755},
		item{name: "b", kind: tar.TypeLink, link: "a"},
		item{name: "lib.so", kind: tar.TypeSymlink, link: "lib.so.1"},
		item{name: "lib.so.1", kind: tar.TypeSymlink, link: "lib.so.1.2"},
		item{name: "lib.so.1.2", body: "library", mode: 0o755},
	)
	in := &source{r: bytes.NewReader(archive), stop: t.Context().Err, max: 1 << 20}
	x := newExtractor(p.dst, in, Options{})
	refuse := func(string, string) error { return errors.New("a required privilege is not held by the client") }
	x.symlink, x.hardlink = refuse, refuse
	require.NoError(t, x.run("w.tar"))
	files := x.files()
	require.Len(t, files, 5)
	for _, f := range files {
		require.Empty(t, f.Link)
		require.EqualValues(t, len("library"), f.Size)
		p.requireFile(t, f)
	}
}
