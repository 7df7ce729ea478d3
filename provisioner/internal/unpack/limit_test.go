package unpack

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func requireLimit(t *testing.T, limit Limit, err error) {
	t.Helper()
	var exceeded *LimitError
	require.ErrorAs(t, err, &exceeded)
	require.Equal(t, limit, exceeded.Limit)
}

func (p place) written(t *testing.T) (size int64) {
	t.Helper()
	require.NoError(t, fs.WalkDir(p.dst.FS(), ".", func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		size += info.Size()
		return err
	}))
	return size
}

func TestLimits_stopBombs(t *testing.T) {
	const zeros = 18 << 20 // more than is free of the ratio
	half := string(make([]byte, zeros/2))
	items := []item{{name: "a", body: half}, {name: "b", body: half}}
	archive := tarOf(t, items...)
	for name, data := range map[string][]byte{
		"w.tar.gz":  pack(t, codecGzip, archive),
		"w.tar.zst": pack(t, codecZstd, archive),
		"w.zip":     zipOf(t, items...),
		"a.gz":      pack(t, codecGzip, []byte(half+half)),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			_, err := p.extract(t, name, data, Limits{Bytes: 1 << 20})
			requireLimit(t, LimitBytes, err)
			require.LessOrEqual(t, p.written(t), int64(1<<20))

			p = newPlace(t)
			_, err = p.extract(t, name, data, Limits{Ratio: 10})
			requireLimit(t, LimitRatio, err)
			require.Less(t, p.written(t), int64(zeros))
		})
	}
}

func TestLimits_countOverlappingZipEntriesEachTime(t *testing.T) {
	const size, copies = 1 << 20, 30
	entry := zipOf(t, item{name: "000", body: strings.Repeat("\x00", size)})
	start := bytes.Index(entry, []byte("PK\x01\x02"))
	end := bytes.LastIndex(entry, []byte("PK\x05\x06"))
	record := entry[start:end]
	data := slices.Clone(entry[:start])
	for i := range copies {
		next := slices.Clone(record)
		copy(next[46:], fmt.Sprintf("%03d", i))
		data = append(data, next...)
	}
	tail := slices.Clone(entry[end:])
	binary.LittleEndian.PutUint16(tail[8:], copies)
	binary.LittleEndian.PutUint16(tail[10:], copies)
	binary.LittleEndian.PutUint32(tail[12:], uint32(copies*len(record)))
	p := newPlace(t)
	_, err := p.extract(t, "w.zip", append(data, tail...), Limits{})
	requireLimit(t, LimitRatio, err)
}

func TestLimits_countHolesOfSparseFiles(t *testing.T) {
	records := map[string]string{
		"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "hole",
		"GNU.sparse.realsize": "9999999999999",
	}
	content := append([]byte("1\n2048\n5\n"), make([]byte, 508)...)
	p := newPlace(t)
	_, err := p.extract(t, "w.tar", sparseTar(t, records, content), Limits{})
	requireLimit(t, LimitBytes, err)
	require.Zero(t, p.written(t))
}

func TestLimits_countEntriesAndTheFoldersTheyNeed(t *testing.T) {
	many := []item{{name: "a"}, {name: "b"}, {name: "c"}}
	deep := []item{{name: "a/b/c/d"}}
	again := []item{{name: "a/", kind: '5'}, {name: "a/", kind: '5'}, {name: "a/", kind: '5'}}
	for _, items := range [][]item{many, deep, again} {
		for name, data := range map[string][]byte{"w.tar": tarOf(t, items...), "w.zip": zipOf(t, items...)} {
			p := newPlace(t)
			_, err := p.extract(t, name, data, Limits{Entries: 2})
			requireLimit(t, LimitEntries, err)
			_, err = newPlace(t).extract(t, name, data, Limits{Entries: 4})
			require.NoError(t, err)
		}
	}
}

func TestLimits_refuseLongPathsAndTargets(t *testing.T) {
	long := strings.Repeat("d/", 300) + "f"
	for _, i := range []item{
		{name: long},
		{name: "l", kind: '2', link: strings.Repeat("./", 300) + "a"},
	} {
		for name, data := range map[string][]byte{
			"w.tar": tarOf(t, item{name: "a"}, i), "w.zip": zipOf(t, item{name: "a"}, i),
		} {
			_, err := newPlace(t).extract(t, name, data, Limits{})
			requireLimit(t, LimitPath, err)
			_, err = newPlace(t).extract(t, name, data, Limits{Path: 700})
			require.NoError(t, err)
		}
	}
}

func TestLimits_refuseALargeWindowOfADecoder(t *testing.T) {
	// A frame of zstd whose header asks for 256 MiB, with an empty last block.
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x90, 0x01, 0x00, 0x00}
	_, err := newPlace(t).extract(t, "w.tar.zst", frame, Limits{})
	requireLimit(t, LimitMemory, err)

	data := pack(t, codecXz, []byte(tool))
	header := data[12 : 12+(int(data[12])+1)*4]
	property := bytes.Index(header, []byte{0x21, 0x01}) + 2
	header[property] = 40 // a dictionary of 4 GiB
	binary.LittleEndian.PutUint32(header[len(header)-4:], crc32.ChecksumIEEE(header[:len(header)-4]))
	_, err = newPlace(t).extract(t, "tool.xz", data, Limits{})
	requireLimit(t, LimitMemory, err)
}

func TestLimits_refuseAHugeZipDirectory(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	comment := strings.Repeat("c", 1<<16-1)
	for i := range maxZipDirectory>>16 + 1 {
		_, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i), Comment: comment})
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	_, err := newPlace(t).extract(t, "w.zip", b.Bytes(), Limits{})
	requireLimit(t, LimitDirectory, err)
}

func TestLimits_stopAnEndlessSource(t *testing.T) {
	for _, name := range []string{"tool", "w.zip", "w.tar.gz"} {
		p := newPlace(t)
		_, err := Extract(t.Context(), p.dst, endless{}, Options{Name: name, Limits: Limits{Packed: 1 << 20}})
		requireLimit(t, LimitPacked, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestExtract_reportsAFailureOfTheSourceAsItIs(t *testing.T) {
	lost := errors.New("connection lost")
	for name, data := range map[string][]byte{
		"w.tar.gz": pack(t, codecGzip, tarOf(t, item{name: "tool", body: tool}, item{name: "../x"})),
		"w.zip":    zipOf(t, item{name: "tool", body: tool}),
		"tool":     []byte(tool),
	} {
		p := newPlace(t)
		for cut := range len(data) + 1 {
			p.clear(t)
			src := io.MultiReader(bytes.NewReader(data[:cut]), iotest.ErrReader(lost))
			_, err := Extract(t.Context(), p.dst, src, Options{Name: name, Scratch: p.scratch})
			require.ErrorIs(t, err, lost)
			require.False(t, isA[*CorruptError](err), err)
			require.False(t, isA[*UnsafeError](err), err)
		}
	}
}

func TestExtract_reportsAFailureToWriteAsItIs(t *testing.T) {
	p := newPlace(t)
	require.NoError(t, p.dst.Close())
	rest := iotest.ErrReader(errors.New("nobody waits for the rest"))
	_, err := Extract(t.Context(), p.dst, io.MultiReader(strings.NewReader(tool), rest), Options{Name: "tool"})
	require.ErrorIs(t, err, fs.ErrClosed)
	require.False(t, isA[*CorruptError](err), err)
	require.NotContains(t, err.Error(), "nobody")
}

func TestExtractZip_needsAScratchFolder(t *testing.T) {
	_, err := Extract(t.Context(), newPlace(t).dst, bytes.NewReader(zipOf(t)), Options{Name: "w.zip"})
	require.ErrorContains(t, err, "scratch")
	require.False(t, isA[*CorruptError](err), err)
}

func TestExtract_stopsWithinAFileWhenCancelled(t *testing.T) {
	const zeros = 8 << 20
	bomb := string(make([]byte, zeros))
	for name, data := range map[string][]byte{
		"tool.gz":  pack(t, codecGzip, []byte(bomb)),
		"w.tar.gz": pack(t, codecGzip, tarOf(t, item{name: "a", body: bomb})),
		"w.zip":    zipOf(t, item{name: "a", body: bomb}),
		"tool":     []byte(bomb),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			half := io.TeeReader(bytes.NewReader(data), &cancelling{after: len(data) / 2, cancel: cancel})
			_, err := Extract(ctx, p.dst, half, Options{Name: name, Scratch: p.scratch})
			require.ErrorIs(t, err, context.Canceled)
			require.Less(t, p.written(t), int64(zeros))
		})
	}
}

// cancelling calls cancel once more than after bytes were written to it.
type cancelling struct {
	after  int
	cancel func()
}

func (c *cancelling) Write(p []byte) (int, error) {
	if c.after -= len(p); c.after < 0 {
		c.cancel()
	}
	return len(p), nil
}
