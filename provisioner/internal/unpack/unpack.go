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

// Options tell Extract what it gets and how much of it is too much.
type Options struct {
	// Name is the archive's file name, such as "llama-b6123-bin-ubuntu-x64.tar.gz". Its suffix tells the format, which the
	// content must confirm. A single file is written under this name, without the suffix of its compression.
	Name string
	// Scratch is a folder of the host's own in which a zip is kept while it is unpacked; needed for a zip alone.
	Scratch *os.Root
	Limits  Limits
	// SHA256, if set, returns that of all that src has yielded, and is called at its end. A single file that is not compressed is
	// not hashed once more then.
	SHA256 func() [sha256.Size]byte
}

// File is a file or symbolic link that was written. Folders are not told of.
type File struct {
	Path   string            // relative to the destination, slash-separated
	Size   int64             // bytes; 0 for a link
	SHA256 [sha256.Size]byte // of the content; zero for a link
	Link   string            // what a symbolic link points to, slash-separated and relative to the link; else empty
	Mode   fs.FileMode       // 0644 or 0755; fs.ModeSymlink|0777 for a link
}

// Extract unpacks the archive that src yields into dst and returns what it wrote, ordered by path.
//
// src is read to its end, also behind an error in the archive, so that a hash that sees the bytes pass has seen all of
// them; unless src itself fails, ctx is done or Limits.Packed is reached, which are the errors that win over any other, or
// what was unpacked can't be written.
//
// Several archives may go into one dst, one after the other. A file that an earlier one left there must be the same in
// the later one, byte for byte, and a link must have the same target; it is kept with its mode and not reported again.
// Anything else that the later archive would change is a CorruptError.
//
// Symbolic links must lead to something in dst; a hard link, to a file earlier in the archive. They become real links,
// or copies where the file system refuses them. Holes of sparse files are written as zeros.
// A tar must have its end marker, and nothing but zeros behind it.
//
// What the archive is to blame for is an *UnsafeError, *LimitError or *CorruptError. Errors of src and of writing are
// wrapped as they are. dst is left as it is at an error, with nothing in it that leads outside.
func Extract(ctx context.Context, dst *os.Root, src io.Reader, opts Options) ([]File, error) {
	in := &source{r: src, stop: ctx.Err, max: opts.Limits.withDefaults().Packed}
	x := newExtractor(dst, in, opts)
	err := x.run(opts.Name)
	if !isOurs(err) {
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
	sum          func() [sha256.Size]byte // of what src yielded; may be nil
	in           *source
	budget       *budget
	root         *node
	made         []*node // files and links, in the order of the archive
	blocks       []*block

	symlink, hardlink func(target, name string) error // the file system's
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
	if err := format.confirm(in); err != nil {
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

// stream unpacks a tar or a single file as it comes.
func (x *extractor) stream(in *bufio.Reader, f format) error {
	unpacked, err := f.codec.open(in)
	if err != nil {
		return damaged("", err)
	}
	defer unpacked.Close()
	if f.container == containerTar {
		return x.tar(unpacked)
	}
	return x.single(f, unpacked)
}

func (x *extractor) single(f format, r io.Reader) error {
	if strings.Contains(f.inner, "/") {
		return &UnsafeError{f.inner, "is not named as a file alone"}
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
