package unpack

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzExtract(f *testing.F) {
	for name, data := range small(f) {
		f.Add(name, data)
	}
	for _, name := range unsafeNames {
		f.Add("w.tar", tarOf(f, item{name: name, kind: tar.TypeSymlink, link: "x"}))
		f.Add("w.zip", zipOf(f, item{name: name}))
		f.Add(name, []byte(tool))
	}
	for _, target := range []string{"..", "../sentinel", "/etc/passwd", "d/../../sentinel", "l", "d"} {
		items := []item{
			{name: "l", kind: tar.TypeSymlink, link: target}, {name: "d/x", body: "x"},
			{name: "d/l", kind: tar.TypeSymlink, link: target}, {name: "l/sentinel", body: "x"},
		}
		f.Add("w.tar.gz", pack(f, codecGzip, tarOf(f, items...)))
		f.Add("w.tar", tarOf(f, items[:3]...))
		f.Add("w.zip", zipOf(f, items...))
		f.Add("w.tar", tarOf(f, item{name: "d/x", body: "x"}, item{name: "h", kind: tar.TypeLink, link: target}))
	}
	f.Add("w.tar.gz", []byte("<!doctype html>"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		p := newPlace(t)
		opts := Options{Name: name, Scratch: p.scratch, Limits: Limits{Bytes: 1 << 20, Entries: 50}}
		files, err := Extract(t.Context(), p.dst, bytes.NewReader(data), opts)
		require.LessOrEqual(t, len(files), 50)
		if err == nil {
			p.tree(t) // all links lead to something inside
		}
		for _, file := range files {
			require.True(t, fs.ValidPath(file.Path))
			p.requireFile(t, file)
		}
	})
}
