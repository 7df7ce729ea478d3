package unpack

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
)

// container is what holds several files in one.
type container string

const (
	containerNone container = ""
	containerTar  container = "tar"
	containerZip  container = "zip"
)

// format is how a file is packed, as its name tells.
type format struct {
	codec     codec
	container container
	inner     string // the name of the file inside, where there is no container
}

// suffixes lists the names' endings, the longer of two that fit first.
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

// foreign lists the endings of archives and installers that this package does not unpack, and that are no executables
// either.
var foreign = []string{
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
	for _, suffix := range foreign {
		if strings.HasSuffix(lower, suffix) {
			return format{}, &CorruptError{Err: fmt.Errorf("%w: %s files are not unpacked", ErrFormat, suffix)}
		}
	}
	return format{inner: name}, nil
}

// confirm refuses content whose first bytes are not what the name promises.
func (f format) confirm(in *bufio.Reader) error {
	head, err := in.Peek(512)
	if err != nil && err != io.EOF {
		return damaged("", err)
	}
	expected := cmp.Or(string(f.codec), string(f.container))
	seen := look(head)
	switch {
	case len(head) == 0:
		err = fmt.Errorf("%w: it is empty", ErrFormat)
	case seen == expected, seen == "" && expected == string(containerTar): // old tars bear no mark, but checksums
		return nil
	case expected == "" && seen == lookHTML && strings.HasSuffix(strings.ToLower(f.inner), ".html"):
		return nil
	case seen == "":
		err = fmt.Errorf("%w: it is no %s, but starts with %q", ErrFormat, expected, head[:min(16, len(head))])
	default:
		err = fmt.Errorf("%w: it looks like %s, not like %s", ErrFormat, seen, cmp.Or(expected, "a plain file"))
	}
	return &CorruptError{Err: err}
}

const lookHTML = "an HTML page"

// look tells what content is by its first bytes: a codec, a container, an HTML page or, for all else, nothing.
func look(head []byte) string {
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
		return lookHTML
	default:
		return ""
	}
}
