package unpack

import (
	"archive/zip"
	"crypto/rand"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// zip unpacks a zip. Its directory stands at its end, so it is kept in a file first.
func (x *extractor) zip(r io.Reader) error {
	if x.scratch == nil {
		return errors.New("no scratch folder to keep a zip in")
	}
	name := "unpack-" + rand.Text() + ".zip"
	spool, err := x.scratch.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("keep zip: %w", err)
	}
	defer func() {
		_ = spool.Close()
		_ = x.scratch.Remove(name)
	}()
	size, err := io.Copy(spool, r)
	if err != nil {
		return fmt.Errorf("keep zip: %w", err)
	}
	return x.zipEntries(spool, size)
}

func (x *extractor) zipEntries(spool io.ReaderAt, size int64) error {
	directory := &directoryReader{r: spool, left: maxZipDirectory}
	archive, err := zip.NewReader(directory, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // splitName is stricter
		return damaged("", err)
	}
	directory.complete = true
	archive.RegisterDecompressor(zip.Deflate, flate.NewReader)
	archive.RegisterDecompressor(zstd.ZipMethodWinZip, zstd.ZipDecompressor())
	for _, entry := range archive.File {
		if err := x.zipEntry(entry); err != nil {
			return err
		}
	}
	return nil
}

// Flags of an entry that is encrypted: in the old way, in the strong way, and with a masked local header.
const zipEncrypted = 1<<0 | 1<<6 | 1<<13

func (x *extractor) zipEntry(entry *zip.File) error {
	if err := x.budget.addEntry(); err != nil {
		return err
	}
	if entry.Flags&zipEncrypted != 0 {
		return &CorruptError{entry.Name, errEncrypted}
	}
	mode := entry.Mode()
	if mode&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky) != 0 {
		return &UnsafeError{entry.Name, "has the setuid, setgid or sticky bit"}
	}
	switch mode.Type() {
	case fs.ModeDir:
		if entry.UncompressedSize64 != 0 {
			return &CorruptError{entry.Name, errFullFolder}
		}
		return x.addFolder(entry.Name)
	case 0, fs.ModeSymlink:
		return x.zipContent(entry, mode)
	default:
		return &UnsafeError{entry.Name, "is a device, a pipe or a socket"}
	}
}

// zipContent unpacks a file, or a symbolic link, whose content is its target.
func (x *extractor) zipContent(entry *zip.File, mode fs.FileMode) error {
	if err := x.budget.announce(entry.UncompressedSize64); err != nil {
		return err
	}
	opened, err := entry.Open()
	if err != nil {
		return damaged(entry.Name, err)
	}
	defer opened.Close()
	content := &crcReader{opened, crc32.NewIEEE(), entry.CRC32}
	if mode.Type() == 0 {
		return x.addFile(entry.Name, mode.Perm(), content)
	}
	target, err := io.ReadAll(io.LimitReader(content, int64(x.budget.Path)+1))
	if err != nil {
		return damaged(entry.Name, err)
	}
	return x.addLink(entry.Name, string(target))
}

// directoryReader bounds what is read of a zip until its directory is complete: all of that is kept in memory.
type directoryReader struct {
	r        io.ReaderAt
	left     int
	complete bool
}

func (d *directoryReader) ReadAt(p []byte, offset int64) (int, error) {
	if !d.complete {
		if d.left -= len(p); d.left < 0 {
			return 0, &LimitError{LimitDirectory, maxZipDirectory}
		}
	}
	return d.r.ReadAt(p, offset)
}

// crcReader ends in zip.ErrChecksum unless the content has the checksum of the zip's directory. archive/zip takes a
// checksum of zero for one that was not set.
type crcReader struct {
	r    io.Reader
	hash hash.Hash32
	want uint32
}

func (c *crcReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.hash.Write(p[:n])
	if err == io.EOF && c.hash.Sum32() != c.want {
		err = zip.ErrChecksum
	}
	return n, err
}
