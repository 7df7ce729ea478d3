package unpack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// readFunc and writeFunc are what they are called with.
type (
	readFunc  func([]byte) (int, error)
	writeFunc func([]byte) (int, error)
)

func (f readFunc) Read(p []byte) (int, error)   { return f(p) }
func (f writeFunc) Write(p []byte) (int, error) { return f(p) }

func newTestExtractor(t *testing.T, src io.Reader, stop func() error) *extractor {
	t.Helper()
	return newExtractor(newPlace(t).dst, &source{r: src, stop: stop, max: 1 << 30}, Options{})
}

func TestPipeline_copiesAFileOfManyBlocks(t *testing.T) {
	for _, size := range []int{0, 1, blockSize - 1, blockSize, blockSize + 1, 10*blockSize + 7} {
		content := bytes.Repeat([]byte("0123456789abcdef!"), size/17+1)[:size]
		src := bytes.NewReader(content)
		x := newTestExtractor(t, src, t.Context().Err)
		var written bytes.Buffer
		n, sum, err := x.copy(&written, "worker", src)
		require.NoError(t, err)
		require.EqualValues(t, size, n)
		require.Equal(t, sha256.Sum256(content), sum)
		require.True(t, bytes.Equal(content, written.Bytes()), "%d bytes", size)
	}
}

// Whoever hashes what is unpacked may still be at it when that fails.
func TestExtract_asksForTheSumOnlyAtTheEnd(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		stop  func() error
		read  error
		write error
		want  error
	}{
		"cancelled": {stop: func() error { return context.Canceled }, read: io.EOF, want: context.Canceled},
		"reading":   {read: broken, want: broken},
		"writing":   {read: io.EOF, write: broken, want: broken},
	} {
		t.Run(name, func(t *testing.T) {
			var read int
			stop := func() error {
				if c.stop != nil && read > blockSize {
					return c.stop()
				}
				return nil
			}
			src := readFunc(func(p []byte) (int, error) {
				if read += len(p); read > 4*blockSize {
					return 0, c.read
				}
				return len(p), nil
			})
			written := 0
			w := writeFunc(func(p []byte) (int, error) {
				if written++; written > 1 {
					return 0, c.write
				}
				return len(p), nil
			})
			x := newTestExtractor(t, src, stop)
			_, _, err := x.copy(w, "worker", hashed{src, func() (sum [sha256.Size]byte) {
				t.Error("it was asked for")
				return sum
			}})
			require.ErrorIs(t, err, c.want)
		})
	}
}
