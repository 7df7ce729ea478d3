package unpack

import (
	"compress/bzip2"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// codec is how a stream is compressed.
type codec string

const (
	codecNone  codec = ""
	codecGzip  codec = "gzip"
	codecZstd  codec = "zstd"
	codecXz    codec = "xz"
	codecBzip2 codec = "bzip2"
)

// open returns the unpacked bytes of r. Several streams, one behind the other, unpack to one; anything else behind the
// first is an error, and so is a window above maxWindow.
func (c codec) open(r io.Reader) (io.ReadCloser, error) {
	switch c {
	case codecNone:
		return io.NopCloser(r), nil
	case codecGzip:
		return gzip.NewReader(r)
	case codecZstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	case codecXz:
		d, err := xz.NewReader(r, maxWindow)
		return io.NopCloser(d), err
	case codecBzip2:
		return io.NopCloser(bzip2.NewReader(r)), nil
	default:
		return nil, fmt.Errorf("unknown compression %q", string(c))
	}
}
