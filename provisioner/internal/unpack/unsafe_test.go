package unpack

import (
	"archive/tar"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unsafeNames are refused in every kind of archive.
var unsafeNames = map[string]string{
	"parent":                  "../x",
	"parent of a folder":      "d/../../x",
	"parent that comes back":  "d/../x",
	"parent at the end":       "d/..",
	"absolute":                "/etc/x",
	"two slashes":             "//server/share",
	"drive":                   "C:/x",
	"drive's folder":          "C:x",
	"stream":                  "x.exe:hidden",
	"backslash":               `..\x`,
	"backslash within":        `d\x`,
	"control character":       "a\nb",
	"escape sequence":         "a\x1b[2J",
	"bytes that are no UTF-8": "a\xff\xfe",
	"device":                  "NUL",
	"device with extension":   "d/aux.txt",
	"device with space":       "con .txt",
	"device in superscript":   "COM¹",
	"dot at the end":          "x.exe.",
	"space at the end":        "d /x",
	"three dots":              "...",
	"long element":            strings.Repeat("n", 256),
	"file named as a folder":  "d/",
	"file named as the root":  "./",
}

func requireUnsafe(t *testing.T, entry string, err error) {
	t.Helper()
	var unsafe *UnsafeError
	require.ErrorAs(t, err, &unsafe)
	require.Equal(t, entry, unsafe.Entry)
	require.NotEmpty(t, unsafe.Reason)
}

func TestExtract_refusesUnsafeNames(t *testing.T) {
	for what, name := range unsafeNames {
		kind := byte(tar.TypeReg)
		if strings.HasSuffix(name, "/") {
			kind = tar.TypeSymlink
		}
		t.Run(what, func(t *testing.T) {
			p := newPlace(t)
			archive := tarOf(t, item{name: "a", body: "a"}, item{name: name, body: "", link: "a", kind: kind})
			_, err := p.extract(t, "w.tar", archive, Limits{})
			requireUnsafe(t, name, err)
			require.Equal(t, "a", p.tree(t)["a"])
			if kind == tar.TypeSymlink {
				return // a zip can only tell a folder
			}
			p = newPlace(t)
			_, err = p.extract(t, "w.zip", zipOf(t, item{name: name, body: "x"}), Limits{})
			requireUnsafe(t, name, err)
			require.NotContains(t, p.tree(t), "x")
		})
	}
}

func TestExtract_refusesUnsafeNamesOfFoldersAndLinks(t *testing.T) {
	for what, name := range unsafeNames {
		if strings.HasSuffix(name, "/") {
			continue
		}
		t.Run(what, func(t *testing.T) {
			p := newPlace(t)
			_, err := p.extract(t, "w.tar", tarOf(t, item{name: name + "/", kind: tar.TypeDir}), Limits{})
			requireUnsafe(t, name+"/", err)
			_, err = p.extract(t, "w.tar", tarOf(t,
				item{name: "a", body: "a"}, item{name: "b", kind: tar.TypeLink, link: name}), Limits{})
			requireUnsafe(t, name, err)
		})
	}
}

func TestExtractZip_refusesNamesThatOnlyAZipCanHold(t *testing.T) {
	for _, name := range []string{"", "a\x00.txt"} {
		p := newPlace(t)
		_, err := p.extract(t, "w.zip", zipOf(t, item{name: name, body: "x"}), Limits{})
		requireUnsafe(t, name, err)
	}
}

func TestExtract_refusesAnUnsafeNameOfASingleFile(t *testing.T) {
	for _, name := range []string{"", "../tool", "/tool", "d/tool", "C:tool", `d\tool`, ".."} {
		p := newPlace(t)
		_, err := p.extract(t, name, []byte(tool), Limits{})
		requireUnsafe(t, name, err)
		_, err = p.extract(t, name+".gz", pack(t, codecGzip, []byte(tool)), Limits{})
		requireUnsafe(t, name, err)
		require.Empty(t, p.tree(t))
	}
}

// TestHostileEntriesAreRefused has for each hostile archive the entry that is to blame.
func TestExtract_refusesHostileEntries(t *testing.T) {
	symlink := func(name, target string) item { return item{name: name, kind: tar.TypeSymlink, link: target} }
	for what, c := range map[string]struct {
		blame string
		items []item
	}{
		"child through a link to the outside": {"l/x", []item{symlink("l", "d"), {name: "l/x", body: "x"}}},
		"child through a link to the inside":  {"l/x", []item{{name: "d/y"}, symlink("l", "d"), {name: "l/x"}}},
		"folder through a link":               {"l/e/", []item{symlink("l", "d"), {name: "l/e/", kind: tar.TypeDir}}},
		"folder over a link":                  {"l/", []item{symlink("l", "d"), {name: "l/", kind: tar.TypeDir}}},
		"child through a link in other case":  {"L/x", []item{symlink("l", "d"), {name: "L/x"}}},
		"child through a file":                {"a/x", []item{{name: "a"}, {name: "a/x"}}},
		"link out":                            {"l", []item{symlink("l", "../x")}},
		"link out from a folder":              {"d/l", []item{symlink("d/l", "../../sentinel")}},
		"link to the parent":                  {"l", []item{symlink("l", "..")}},
		"absolute link":                       {"l", []item{symlink("l", "/etc/passwd")}},
		"link to a drive":                     {"l", []item{symlink("l", "C:/x")}},
		"link with backslashes":               {"l", []item{symlink("l", `..\x`)}},
		"link out that the text hides": {"d/e/m", []item{
			{name: "sentinel"}, symlink("d/e/l", "../.."), symlink("d/e/m", "l/../sentinel"),
		}},
		"link out by its text alone":  {"m", []item{{name: "d/e/f"}, symlink("l", "d/e"), symlink("m", "l/../..")}},
		"file twice":                  {"a", []item{{name: "a", body: "1"}, {name: "a", body: "1"}}},
		"file twice, spelt anew":      {"./d//a", []item{{name: "d/a"}, {name: "./d//a"}}},
		"file over a folder":          {"d", []item{{name: "d/a"}, {name: "d"}}},
		"file over a link":            {"l", []item{symlink("l", "a"), {name: "l", body: "through"}}},
		"link over a file":            {"a", []item{{name: "a"}, symlink("a", "b")}},
		"names that differ in case":   {"readme", []item{{name: "README"}, {name: "readme"}}},
		"folders that differ in case": {"LIB/b", []item{{name: "lib/a"}, {name: "LIB/b"}}},
		"names that fold to one":      {"\u212A", []item{{name: "k"}, {name: "\u212A"}}},
		"character device":            {"n", []item{{name: "n", kind: tar.TypeChar}}},
		"block device":                {"n", []item{{name: "n", kind: tar.TypeBlock}}},
		"pipe":                        {"n", []item{{name: "n", kind: tar.TypeFifo}}},
		"setuid":                      {"a", []item{{name: "a", mode: 0o4755}}},
		"setgid":                      {"a", []item{{name: "a", mode: 0o2755}}},
		"sticky folder":               {"d/", []item{{name: "d/", kind: tar.TypeDir, mode: 0o1777}}},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPlace(t)
			_, err := p.extract(t, "w.tar.gz", pack(t, codecGzip, tarOf(t, c.items...)), Limits{})
			requireUnsafe(t, c.blame, err)
			p = newPlace(t)
			_, err = p.extract(t, "w.zip", zipOf(t, c.items...), Limits{})
			requireUnsafe(t, c.blame, err)
		})
	}
}

func TestExtractTar_refusesHostileHardLinks(t *testing.T) {
	for what, c := range map[string]struct {
		link  string
		blame string
	}{
		"outside":  {"../sentinel", "../sentinel"},
		"absolute": {"/etc/passwd", "/etc/passwd"},
		"folder":   {"d", "h"},
	} {
		p := newPlace(t)
		data := tarOf(t, item{name: "d/a"}, item{name: "h", kind: tar.TypeLink, link: c.link})
		_, err := p.extract(t, "w.tar", data, Limits{})
		requireUnsafe(t, c.blame, err)
		require.NotContains(t, p.tree(t), "h", what)
	}
}

func TestExtractTar_refusesAnUnknownKindOfEntry(t *testing.T) {
	archive := tarOf(t, item{name: "a", body: "x"})
	retype(archive[:512], 'V')
	p := newPlace(t)
	_, err := p.extract(t, "w.tar", archive, Limits{})
	requireUnsafe(t, "a", err)
}

func TestExtract_doesNotFollowALinkOfAnEarlierArchive(t *testing.T) {
	p := newPlace(t)
	require.NoError(t, p.dst.Symlink("..", "l"))
	_, err := p.extract(t, "w.tar", tarOf(t, item{name: "l/sentinel", body: "x"}), Limits{})
	requireUnsafe(t, "l/sentinel", err)
	require.NoError(t, p.dst.Remove("l"))
}

func TestExtract_refusesLinksThatLeadNowhere(t *testing.T) {
	chain := []item{{name: "f", body: "x"}, {name: "l0", kind: tar.TypeSymlink, link: "f"}}
	for i := range 9 {
		from, to := string(rune('1'+i)), string(rune('0'+i))
		chain = append(chain, item{name: "l" + from, kind: tar.TypeSymlink, link: "l" + to})
	}
	for what, items := range map[string][]item{
		"dangling":   {{name: "l", kind: tar.TypeSymlink, link: "missing"}},
		"other case": {{name: "a"}, {name: "l", kind: tar.TypeSymlink, link: "A"}},
		"to itself":  {{name: "l", kind: tar.TypeSymlink, link: "l"}},
		"in a circle": {
			{name: "l", kind: tar.TypeSymlink, link: "m"}, {name: "m", kind: tar.TypeSymlink, link: "l"},
		},
		"through a file":  {{name: "a"}, {name: "l", kind: tar.TypeSymlink, link: "a/."}},
		"long chain":      chain,
		"hard, backwards": {{name: "h", kind: tar.TypeLink, link: "a"}, {name: "a"}},
		"hard, to itself": {{name: "h", kind: tar.TypeLink, link: "h"}},
	} {
		p := newPlace(t)
		_, err := p.extract(t, "w.tar", tarOf(t, items...), Limits{})
		var corrupt *CorruptError
		require.ErrorAs(t, err, &corrupt, what)
	}
}
