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

// zip extracts a zip. Its directory is at its end, so the archive is copied to a temporary file first.
func (x *extractor) zip(r io.Reader) error {
	if x.scratch == nil {
		return errors.New("no scratch folder for a zip")
	}
	name := "unpack-" + rand.Text() + ".zip"
	spool, err := x.scratch.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("copy zip: %w", err)
	}
	defer func() {
		_ = spool.Close()
		_ = x.scratch.Remove(name)
	}()
	size, err := io.Copy(spool, r)
	if err != nil {
		return fmt.Errorf("copy zip: %w", err)
	}
	return x.zipEntries(spool, size)
}

func (x *extractor) zipEntries(spool io.ReaderAt, size int64) error {
	directory := &directoryReader{r: spool, left: maxZipDirectory}
	archive, err := zip.NewReader(directory, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // splitName is stricter
		return readError("", err)
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

// zipEncrypted are the flags of an encrypted entry: traditional encryption, strong encryption, and a masked local
// header (PKWARE's APPNOTE.TXT, section 4.4.4).
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

// zipContent extracts a file or a symbolic link. The content of a link is its target.
func (x *extractor) zipContent(entry *zip.File, mode fs.FileMode) error {
	if err := x.budget.allowFile(entry.UncompressedSize64); err != nil {
		return err
	}
	opened, err := entry.Open()
	if err != nil {
		return readError(entry.Name, err)
	}
	defer opened.Close()
	content := &crcReader{opened, crc32.NewIEEE(), entry.CRC32}
	if mode.Type() == 0 {
		return x.addFile(entry.Name, mode.Perm(), content)
	}
	target, err := io.ReadAll(io.LimitReader(content, int64(x.budget.Path)+1))
	if err != nil {
		return readError(entry.Name, err)
	}
	return x.addLink(entry.Name, string(target))
}

// directoryReader limits how many bytes are read of a zip until its directory is complete, since those are kept in
// memory.
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

// crcReader returns zip.ErrChecksum at its end unless the content has the checksum in the zip's directory. archive/zip
// itself does not check a file whose checksum in the directory is zero.
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
