package unpack

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// tar extracts a tar while it is read. The end marker must be present: without it, a complete tar cannot be
// distinguished from one that was cut between two entries. Only zeros may follow it, because some programs would read
// other bytes there and some would not.
func (x *extractor) tar(r io.Reader) error {
	var unpacked int64
	stream := &meter{r: r, budget: x.budget, total: &unpacked}
	archive := tar.NewReader(stream)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) { // splitName is stricter
			return readError("", err)
		}
		if err := x.tarEntry(header, archive); err != nil {
			return err
		}
	}
	if stream.ended {
		return &CorruptError{Err: errNoTarEnd}
	}
	return x.onlyZeros(stream)
}

func (x *extractor) tarEntry(header *tar.Header, content io.Reader) error {
	if err := x.budget.addEntry(); err != nil {
		return err
	}
	if header.Typeflag == tar.TypeXGlobalHeader {
		return nil // a comment, such as git's commit
	}
	if header.Mode&0o7000 != 0 {
		return &UnsafeError{header.Name, "has the setuid, setgid or sticky bit"}
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return x.addFolder(header.Name)
	case tar.TypeReg, tar.TypeGNUSparse:
		if err := x.budget.allowFile(uint64(header.Size)); err != nil {
			return err
		}
		return x.addFile(header.Name, fs.FileMode(header.Mode&0o777), content)
	case tar.TypeSymlink:
		return x.addLink(header.Name, header.Linkname)
	case tar.TypeLink:
		return x.addHardLink(header.Name, header.Linkname)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return &UnsafeError{header.Name, "is a device or a pipe"}
	default:
		return &UnsafeError{header.Name, fmt.Sprintf("is of the unknown type %q", header.Typeflag)}
	}
}

// onlyZeros reads r to its end, and returns an error if there is a byte other than zero.
func (x *extractor) onlyZeros(r io.Reader) error {
	buf := x.blocks[0].space
	for {
		n, err := r.Read(buf)
		if len(bytes.TrimLeft(buf[:n], "\x00")) > 0 {
			return &CorruptError{Err: errBehindTar}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return readError("", err)
		}
	}
}
