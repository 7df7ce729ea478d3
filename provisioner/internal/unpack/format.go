package unpack

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
)

// container names a format that holds several files.
type container string

const (
	containerNone container = ""
	containerTar  container = "tar"
	containerZip  container = "zip"
)

// format is how a file is packed, derived from its name.
type format struct {
	codec     codec
	container container
	inner     string // the name of the file inside, if there is no container
}

// suffixes maps the endings of names to formats. The first match counts, so a longer ending comes before a shorter one.
var suffixes = []struct {
	suffix    string
	codec     codec
	container container
}{
	{".tar.gz", codecGzip, containerTar}, {".tgz", codecGzip, containerTar},
	{".tar.zst", codecZstd, containerTar}, {".tzst", codecZstd, containerTar},
	{".tar.xz", codecXz, containerTar}, {".txz", codecXz, containerTar},
	{".tar.bz2", codecBzip2, containerTar}, {".tbz2", codecBzip2, containerTar}, {".tbz", codecBzip2, containerTar},
	{".tar", codecNone, containerTar}, {".zip", codecNone, containerZip},
	{".gz", codecGzip, containerNone}, {".zst", codecZstd, containerNone},
	{".xz", codecXz, containerNone}, {".bz2", codecBzip2, containerNone},
}

// unsupported lists the endings of archives and installers that this package does not unpack. A file with one of them
// is not an executable either.
var unsupported = []string{
	".7z", ".br", ".cab", ".deb", ".dmg", ".lz", ".lz4", ".lzma", ".msi", ".pkg", ".rar", ".rpm", ".tar.z",
}

func formatOf(name string) (format, error) {
	lower := strings.ToLower(name)
	for _, s := range suffixes {
		if !strings.HasSuffix(lower, s.suffix) {
			continue
		}
		f := format{codec: s.codec, container: s.container}
		if s.container == containerNone {
			f.inner = name[:len(name)-len(s.suffix)]
		}
		return f, nil
	}
	for _, suffix := range unsupported {
		if strings.HasSuffix(lower, suffix) {
			return format{}, &CorruptError{Err: fmt.Errorf("%w: %s files are not unpacked", ErrFormat, suffix)}
		}
	}
	return format{inner: name}, nil
}

// check returns an error if the first bytes of the content are of another format than the name says.
func (f format) check(in *bufio.Reader) error {
	head, err := in.Peek(512)
	if err != nil && err != io.EOF {
		return readError("", err)
	}
	expected := cmp.Or(string(f.codec), string(f.container))
	seen := sniff(head)
	switch {
	case len(head) == 0:
		err = fmt.Errorf("%w: it is empty", ErrFormat)
	case seen == expected, seen == "" && expected == string(containerTar): // old tars have no magic number
		return nil
	case expected == "" && seen == sniffedHTML && strings.HasSuffix(strings.ToLower(f.inner), ".html"):
		return nil
	case seen == "":
		err = fmt.Errorf("%w: it is not %s, but starts with %q", ErrFormat, expected, head[:min(16, len(head))])
	default:
		err = fmt.Errorf("%w: it looks like %s, not like %s", ErrFormat, seen, cmp.Or(expected, "a plain file"))
	}
	return &CorruptError{Err: err}
}

const sniffedHTML = "an HTML page"

// sniff returns the format of content by its first bytes: a codec, a container, sniffedHTML, or "" if it is none of
// them.
func sniff(head []byte) string {
	starts := func(prefix string) bool { return bytes.HasPrefix(head, []byte(prefix)) }
	text := strings.ToLower(string(bytes.TrimLeft(head, "\ufeff \t\r\n")))
	switch {
	case starts("\x1f\x8b\x08"):
		return string(codecGzip)
	case starts("\x28\xb5\x2f\xfd"), len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		return string(codecZstd)
	case starts("\xfd7zXZ\x00"):
		return string(codecXz)
	case len(head) >= 4 && starts("BZh") && head[3] >= '1' && head[3] <= '9':
		return string(codecBzip2)
	case starts("PK\x03\x04"), starts("PK\x05\x06"):
		return string(containerZip)
	case len(head) >= 262 && string(head[257:262]) == "ustar":
		return string(containerTar)
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"):
		return sniffedHTML
	default:
		return ""
	}
}
