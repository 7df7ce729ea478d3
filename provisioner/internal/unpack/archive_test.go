package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"
)

// Bytes of bzip2, which Go can't write: a tar with the executable "tool", and its content alone.
const (
	toolTarBzip2 = "QlpoOTFBWSZTWSQSmnkAAHX7gMqQAEBoAPeAAARwZZ4ACAggAFRGqeoZNDRoaMQfqQSUQaAMgNGhpOOA1CB1KEIx" +
		"lCwffa5AhgRaPnCWjhVsEklCLzxDqElY0GZ9JsvLKtNcQAifi7kinChIEglNPIA="
	toolBzip2 = "QlpoOTFBWSZTWa3Pb7UAAAFRgAAQKACQYQgAIAAxBkxBAxMiGhqODxdyRThQkK3Pb7U="
	tool      = "#!/bin/sh\n"
)

// item is an entry of a test's archive; its kind is one of tar's types, TypeReg if zero.
type item struct {
	name string
	body string
	mode int64
	kind byte
	link string
}

func tarOf(t testing.TB, items ...item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, i := range items {
		header := &tar.Header{Name: i.name, Typeflag: i.kind, Linkname: i.link, Mode: i.mode, Size: int64(len(i.body))}
		if i.kind == 0 {
			header.Typeflag = tar.TypeReg
		}
		if i.mode == 0 {
			header.Mode = 0o644
		}
		if i.kind == tar.TypeXGlobalHeader {
			header = &tar.Header{Typeflag: i.kind, PAXRecords: map[string]string{"comment": i.body}}
			i.body = ""
		}
		require.NoError(t, w.WriteHeader(header))
		_, err := io.WriteString(w, i.body)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func zipOf(t testing.TB, items ...item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, i := range items {
		header := &zip.FileHeader{Name: i.name, Method: zip.Deflate}
		mode := fs.FileMode(i.mode & 0o777)
		for bit, m := range map[int64]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
			if i.mode&bit != 0 {
				mode |= m
			}
		}
		switch i.kind {
		case tar.TypeSymlink:
			mode |= fs.ModeSymlink
			i.body = i.link
		case tar.TypeDir:
			mode |= fs.ModeDir
			header.Method = zip.Store
		case tar.TypeChar:
			mode |= fs.ModeDevice | fs.ModeCharDevice
		case tar.TypeBlock:
			mode |= fs.ModeDevice
		case tar.TypeFifo:
			mode |= fs.ModeNamedPipe
		}
		if i.kind != 0 || i.mode != 0 { // else as on Windows
			header.SetMode(mode)
		}
		f, err := w.CreateHeader(header)
		require.NoError(t, err)
		_, err = io.WriteString(f, i.body)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func pack(t testing.TB, c codec, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch c {
	case codecGzip:
		w = gzip.NewWriter(&b)
	case codecZstd:
		w, err = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	case codecXz:
		w, err = xz.NewWriter(&b)
	default:
		t.Fatalf("no writer for %q", c)
	}
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// retype changes the type of an entry of a tar by its header.
func retype(header []byte, kind byte) {
	header[156] = kind
	copy(header[148:156], "        ")
	sum := 0
	for _, b := range header {
		sum += int(b)
	}
	copy(header[148:156], fmt.Sprintf("%06o\x00 ", sum))
}

func decode64(t testing.TB, s string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(s)
	require.NoError(t, err)
	return data
}

// place is a folder to unpack into, with others around it that must stay as they are.
type place struct {
	around       string
	dst, scratch *os.Root
}

func newPlace(t testing.TB) place {
	t.Helper()
	p := place{around: t.TempDir()}
	require.NoError(t, os.WriteFile(filepath.Join(p.around, "sentinel"), []byte("untouched"), 0o600))
	for name, root := range map[string]**os.Root{"dst": &p.dst, "scratch": &p.scratch} {
		require.NoError(t, os.Mkdir(filepath.Join(p.around, name), 0o700))
		opened, err := os.OpenRoot(filepath.Join(p.around, name))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, opened.Close()) })
		*root = opened
	}
	t.Cleanup(func() { p.requireContained(t) })
	return p
}

// requireContained fails if anything was written outside of dst.
func (p place) requireContained(t testing.TB) {
	t.Helper()
	var names []string
	entries, err := os.ReadDir(p.around)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{"dst", "scratch", "sentinel"}, names)
	content, err := os.ReadFile(filepath.Join(p.around, "sentinel"))
	require.NoError(t, err)
	require.Equal(t, "untouched", string(content))
	left, err := os.ReadDir(filepath.Join(p.around, "scratch"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// clear empties dst.
func (p place) clear(t testing.TB) {
	t.Helper()
	entries, err := fs.ReadDir(p.dst.FS(), ".")
	require.NoError(t, err)
	for _, e := range entries {
		require.NoError(t, p.dst.RemoveAll(e.Name()))
	}
}

// extract unpacks data, and checks that all of data was read and that what is reported is what is there.
func (p place) extract(t testing.TB, name string, data []byte, limits Limits) ([]File, error) {
	t.Helper()
	seen := sha256.New()
	src := io.TeeReader(bytes.NewReader(data), seen)
	files, err := Extract(t.Context(), p.dst, src, Options{Name: name, Scratch: p.scratch, Limits: limits})
	want := sha256.Sum256(data)
	require.Equal(t, want[:], seen.Sum(nil), "the archive was not read to its end")
	if err != nil {
		require.Nil(t, files)
	}
	for _, f := range files {
		p.requireFile(t, f)
	}
	return files, err
}

func (p place) requireFile(t testing.TB, f File) {
	t.Helper()
	info, err := p.dst.Lstat(f.Path)
	require.NoError(t, err)
	if f.Link != "" {
		target, err := p.dst.Readlink(f.Path)
		require.NoError(t, err)
		require.Equal(t, filepath.FromSlash(f.Link), target)
		require.Equal(t, fs.ModeSymlink|0o777, f.Mode)
		return
	}
	content, err := p.dst.ReadFile(f.Path)
	require.NoError(t, err)
	require.EqualValues(t, len(content), f.Size)
	require.Equal(t, sha256.Sum256(content), f.SHA256)
	if runtime.GOOS != "windows" {
		require.Equal(t, f.Mode, info.Mode())
	}
}

// tree is what stands in dst: the content of each file, through links too, and "/" for each folder.
func (p place) tree(t testing.TB) map[string]string {
	t.Helper()
	tree := map[string]string{}
	require.NoError(t, fs.WalkDir(p.dst.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := p.dst.Stat(name)
		if err != nil {
			return err
		}
		if info.IsDir() {
			tree[name] = "/"
			return nil
		}
		content, err := p.dst.ReadFile(name)
		tree[name] = string(content)
		return err
	}))
	return tree
}
