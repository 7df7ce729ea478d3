package machine

import (
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// tree is the files of a machine: those below a folder, or all files if it is empty. Its names are absolute and
// slash-separated. A link, even an absolute one, leads to another file of the tree.
type tree string

// maxLinks is how many links a name may lead through. It is the limit of Linux (path_resolution(7)).
const maxLinks = 40

// maxText limits how much of a file is read, in bytes. Files that contain a fact are smaller.
const maxText = 64 << 10

// path returns the path on this system of a name that leads through no link.
func (t tree) path(name string) string { return filepath.Join(string(t), filepath.FromSlash(name)) }

// resolve follows the links of a name. Elements that do not exist stay as they are.
func (t tree) resolve(name string) string {
	at, rest := "/", strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		next := path.Join(at, rest[0])
		rest = rest[1:]
		target, err := os.Readlink(t.path(next))
		if err != nil || links == maxLinks {
			at = next
			continue
		}
		links++
		if path.IsAbs(target) {
			at = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return at
}

func (t tree) open(name string) (*os.File, error) { return os.Open(t.path(t.resolve(name))) }

func (t tree) exists(name string) bool {
	_, err := os.Stat(t.path(t.resolve(name)))
	return err == nil
}

// text returns the beginning of a file, or "" if it cannot be read.
func (t tree) text(name string) string {
	f, err := t.open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxText))
	if err != nil {
		return ""
	}
	return string(data)
}

// list returns the names in a folder, in alphabetical order.
func (t tree) list(dir string) []string {
	entries, err := os.ReadDir(t.path(t.resolve(dir)))
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
