package unpack

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Options describe the archive to Extract, and its limits.
type Options struct {
	// Name is the file name of the archive, for example "llama-b6123-bin-ubuntu-x64.tar.gz". Its suffix determines the
	// format, and the content must match it. A single file is written under this name, without the suffix of its
	// compression.
	Name string
	// Scratch is a private folder for a temporary copy of a zip. Other formats do not need it.
	Scratch *os.Root
	Limits  Limits
	// SHA256, if set, returns the SHA-256 of all bytes that were read from src. It is called at its end, and saves
	// hashing a single file without compression a second time.
	SHA256 func() [sha256.Size]byte
}

// File describes a file or symbolic link that was written. Folders are not reported.
type File struct {
	Path   string            // relative to the destination, slash-separated
	Size   int64             // bytes; 0 for a link
	SHA256 [sha256.Size]byte // of the content; zero for a link
	Link   string            // what a symbolic link points to, slash-separated and relative to the link; else empty
	Mode   fs.FileMode       // 0644 or 0755; fs.ModeSymlink|0777 for a link
}

// Extract extracts the archive in src into dst and returns the files and links that it wrote, ordered by path.
//
// It reads src to its end, even after an error in the archive, so that a hash over the bytes covers all of them. It
// stops earlier if src fails, ctx ends, Limits.Packed is reached or a file cannot be written. The first three errors
// are returned in place of any other.
//
// Several archives may be extracted into one dst, one after the other. If a later one contains a file of an earlier
// one, it must be equal byte for byte, and a link must have the same target. The earlier file stays as it is, with its
// mode, and is not reported again. Any other change is a *CorruptError.
//
// A symbolic link must lead to something in dst, a hard link to an earlier file of the archive. They become real links,
// or copies where the file system refuses links. Holes of sparse files are written as zeros. A tar must have its end
// marker, and only zeros may follow it.
//
// Errors that the archive causes are *UnsafeError, *LimitError or *CorruptError. Errors of src and of writing are
// wrapped. After an error dst keeps what was written so far; nothing in it leads outside.
func Extract(ctx context.Context, dst *os.Root, src io.Reader, opts Options) ([]File, error) {
	in := &source{r: src, stop: ctx.Err, max: opts.Limits.withDefaults().Packed}
	x := newExtractor(dst, in, opts)
	err := x.run(opts.Name)
	if err == nil || isArchiveError(err) {
		in.drain()
	}
	if in.err != nil {
		err = fmt.Errorf("read archive: %w", in.err)
	}
	if err != nil {
		return nil, fmt.Errorf("unpack %q: %w", opts.Name, err)
	}
	return x.files(), nil
}

// extractor is one extraction.
type extractor struct {
	dst, scratch *os.Root
	sum          func() [sha256.Size]byte // see Options.SHA256; may be nil
	in           *source
	budget       *budget
	root         *node
	made         []*node // files and links, in the order of the archive
	blocks       []*block

	symlink, hardlink func(target, name string) error // tests replace them
}

func newExtractor(dst *os.Root, in *source, opts Options) *extractor {
	return &extractor{
		dst: dst, scratch: opts.Scratch, sum: opts.SHA256, in: in,
		budget:  &budget{Limits: opts.Limits.withDefaults(), in: in},
		blocks:  newBlocks(),
		symlink: dst.Symlink, hardlink: dst.Link,
	}
}

func (x *extractor) run(name string) error {
	format, err := formatOf(name)
	if err != nil {
		return err
	}
	if x.root, err = scan(x.dst); err != nil {
		return err
	}
	in := bufio.NewReaderSize(x.in, 64<<10)
	if err := format.check(in); err != nil {
		return err
	}
	if format.container == containerZip {
		err = x.zip(in)
	} else {
		err = x.stream(in, format)
	}
	if err != nil {
		return err
	}
	return x.makeLinks()
}

// stream extracts a tar or a single file while it is read.
func (x *extractor) stream(in *bufio.Reader, f format) error {
	unpacked, err := f.codec.open(in)
	if err != nil {
		return readError("", err)
	}
	defer unpacked.Close()
	if f.container == containerTar {
		return x.tar(unpacked)
	}
	return x.single(f, unpacked)
}

func (x *extractor) single(f format, r io.Reader) error {
	if strings.Contains(f.inner, "/") {
		return &UnsafeError{f.inner, "is not a file name without a folder"}
	}
	if f.codec == codecNone && x.sum != nil {
		r = hashed{r, x.sum}
	}
	return x.addFile(f.inner, 0o755, r)
}

func (x *extractor) files() []File {
	files := make([]File, len(x.made))
	for i, n := range x.made {
		files[i] = n.File
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return files
}
