package unpack

import (
	"compress/bzip2"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// codec names the compression of a stream.
type codec string

const (
	codecNone  codec = ""
	codecGzip  codec = "gzip"
	codecZstd  codec = "zstd"
	codecXz    codec = "xz"
	codecBzip2 codec = "bzip2"
)

// open returns a reader of the decompressed bytes of r. Several concatenated streams are decompressed to one. Other
// bytes behind the first stream are an error, and so is a window larger than maxWindow.
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
