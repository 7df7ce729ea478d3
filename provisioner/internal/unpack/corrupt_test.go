package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func requireCorrupt(t *testing.T, err error) {
	t.Helper()
	var corrupt *CorruptError
	require.ErrorAs(t, err, &corrupt)
	require.Error(t, corrupt.Err)
}

// small is one small archive of each format that can tell when it is cut.
func small(t testing.TB) map[string][]byte {
	archive := tarOf(t, item{name: "tool", body: tool, mode: 0o755})
	return map[string][]byte{
		"w.tar":     archive,
		"w.tar.gz":  pack(t, codecGzip, archive),
		"w.tar.zst": pack(t, codecZstd, archive),
		"w.tar.xz":  pack(t, codecXz, archive),
		"w.tar.bz2": decode64(t, toolTarBzip2),
		"w.zip":     zipOf(t, item{name: "tool", body: tool, mode: 0o755}),
		"tool.gz":   pack(t, codecGzip, []byte(tool)),
		"tool.zst":  pack(t, codecZstd, []byte(tool)),
		"tool.xz":   pack(t, codecXz, []byte(tool)),
		"tool.bz2":  decode64(t, toolBzip2),
	}
}

func TestExtract_reportsATruncatedArchive(t *testing.T) {
	for name, data := range small(t) {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			for length := range data {
				_, err := p.extract(t, name, data[:length], Limits{})
				requireCorrupt(t, err)
				p.clear(t)
			}
			_, err := p.extract(t, name, data, Limits{})
			require.NoError(t, err)
		})
	}
}

func TestExtract_neverReturnsContentWithAFlippedByte(t *testing.T) {
	for name, data := range small(t) {
		if name == "w.tar" {
			continue // it holds no checksum of the content
		}
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			for i := range data {
				p.clear(t)
				flipped := slices.Clone(data)
				flipped[i] ^= 0x55
				files, err := p.extract(t, name, flipped, Limits{})
				if err == nil { // a byte of no matter, such as a time
					require.Len(t, files, 1)
					require.Equal(t, sha256.Sum256([]byte(tool)), files[0].SHA256)
				}
			}
		})
	}
}

func TestExtract_refusesDataBehindTheEnd(t *testing.T) {
	for name, data := range small(t) {
		if strings.HasSuffix(name, ".zip") {
			continue // its end is where its directory is
		}
		for _, behind := range []string{"g", "gar", "garbage", strings.Repeat("garbage", 100_000)} {
			_, err := newPlace(t).extract(t, name, append(slices.Clone(data), behind...), Limits{})
			requireCorrupt(t, err)
		}
	}
}

func TestExtractTar_allowsOnlyZerosBehindTheEnd(t *testing.T) {
	archive := tarOf(t, item{name: "tool", body: tool})
	padded := append(slices.Clone(archive), make([]byte, 10240)...)
	_, err := newPlace(t).extract(t, "w.tar", padded, Limits{})
	require.NoError(t, err)
	_, err = newPlace(t).extract(t, "w.tar.gz", pack(t, codecGzip, padded), Limits{})
	require.NoError(t, err)

	hidden := slices.Concat(archive, tarOf(t, item{name: "hidden", body: tool}))
	_, err = newPlace(t).extract(t, "w.tar.gz", pack(t, codecGzip, hidden), Limits{})
	require.ErrorIs(t, err, errBehindTar)
}

func TestExtractTar_refusesAMissingEndMarker(t *testing.T) {
	archive := tarOf(t, item{name: "a", body: "a"}, item{name: "b", body: "b"})
	_, err := newPlace(t).extract(t, "w.tar.gz", pack(t, codecGzip, archive[:1024]), Limits{})
	require.ErrorIs(t, err, errNoTarEnd)
}

func TestExtractZip_refusesAWrongChecksum(t *testing.T) {
	for _, sum := range []uint32{0, 1, crc32.ChecksumIEEE([]byte("other"))} {
		for kind, mode := range map[string]uint32{"file": 0o100644, "link": 0o120777} {
			var b bytes.Buffer
			w := zip.NewWriter(&b)
			f, err := w.CreateRaw(&zip.FileHeader{
				Name: "a", Method: zip.Store, CRC32: sum, CompressedSize64: 4, UncompressedSize64: 4,
				CreatorVersion: 3 << 8, ExternalAttrs: mode << 16,
			})
			require.NoError(t, err)
			_, err = f.Write([]byte("tool"))
			require.NoError(t, err)
			require.NoError(t, w.Close())
			_, err = newPlace(t).extract(t, "w.zip", b.Bytes(), Limits{})
			require.ErrorIs(t, err, zip.ErrChecksum, kind)
			requireCorrupt(t, err)
		}
	}
}

func TestExtractZip_refusesAnUnknownMethod(t *testing.T) {
	for what, header := range map[string]zip.FileHeader{
		"encrypted":           {Name: "a", Flags: 1},
		"strongly encrypted":  {Name: "a", Flags: 1 | 1<<6},
		"masked":              {Name: "a", Flags: 1 << 13},
		"compressed by LZMA":  {Name: "a", Method: 14},
		"folder with content": {Name: "a/", CompressedSize64: 4, UncompressedSize64: 4},
	} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		_, err := w.CreateRaw(&header)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		_, err = newPlace(t).extract(t, "w.zip", b.Bytes(), Limits{})
		requireCorrupt(t, err)
		require.ErrorContains(t, err, `"`+header.Name+`"`, what)
	}
}

func TestExtract_refusesContentThatDoesNotFitTheName(t *testing.T) {
	page := "\n<!DOCTYPE html><html><body>Sign in</body></html>"
	archive := tarOf(t, item{name: "tool", body: tool})
	for _, c := range []struct{ name, content, says string }{
		{"w.tar.gz", page, "looks like an HTML page, not like gzip"},
		{"w.zip", page, "looks like an HTML page, not like zip"},
		{"w.tar", page, "looks like an HTML page, not like tar"},
		{"tool", page, "looks like an HTML page, not like a plain file"},
		{"tool.xz", `{"message": "Not Found"}`, "it is not xz, but starts with \"{"},
		{"w.tar.gz", string(archive), "looks like tar, not like gzip"},
		{"w.tar.zst", string(pack(t, codecGzip, archive)), "looks like gzip, not like zstd"},
		{"w.tar.gz", string(zipOf(t)), "looks like zip, not like gzip"},
		{"w.zip", string(pack(t, codecXz, archive)), "looks like xz, not like zip"},
		{"tool.exe", string(zipOf(t)), "looks like zip, not like a plain file"},
		{"tool", string(archive), "looks like tar, not like a plain file"},
		{"tool", string(decode64(t, toolBzip2)), "looks like bzip2, not like a plain file"},
		{"tool", "", "is empty"},
		{"w.tar.gz", "", "is empty"},
		{"w.7z", "7z\xbc\xaf\x27\x1c", ".7z files are not unpacked"},
	} {
		t.Run(c.name+" "+c.says, func(t *testing.T) {
			p := newPlace(t)
			_, err := p.extract(t, c.name, []byte(c.content), Limits{})
			requireCorrupt(t, err)
			require.ErrorIs(t, err, ErrFormat)
			require.ErrorContains(t, err, c.says)
			require.Empty(t, p.tree(t))
		})
	}
}

func TestExtractTar_acceptsAnOldTarWithoutMagic(t *testing.T) {
	archive := tarOf(t, item{name: "tool", body: tool})
	copy(archive[257:265], make([]byte, 8))
	retype(archive[:512], tar.TypeReg)
	p := newPlace(t)
	_, err := p.extract(t, "w.tar", archive, Limits{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"tool": tool}, p.tree(t))
}

func TestExtract_acceptsAPageThatIsNamedAsOne(t *testing.T) {
	_, err := newPlace(t).extract(t, "README.html", []byte("<html></html>"), Limits{})
	require.NoError(t, err)
}
