package unpack

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

type kind int

const (
	folder kind = iota
	file
	link
)

// node is what stands at a path of the destination, or will: symbolic links are made last. The tree of nodes is
// complete, so that no check has to ask the file system, whose answers differ.
type node struct {
	File
	kind     kind
	old      bool // it stood there before this extraction
	parent   *node
	children map[string]*node // by folded name
}

// scan returns the tree that stands in root.
func scan(root *os.Root) (*node, error) {
	top := &node{}
	err := fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		n := &node{File: File{Path: name}, old: true}
		switch entry.Type() {
		case fs.ModeDir:
			n.kind = folder
		case 0:
			n.kind = file
		case fs.ModeSymlink:
			n.kind = link
			target, err := root.Readlink(name)
			if err != nil {
				return err
			}
			n.Link = filepath.ToSlash(target)
		default:
			return fmt.Errorf("%s is no file, folder or symbolic link", name)
		}
		parent := top.descend(strings.Split(path.Dir(name), "/"))
		parent.add(path.Base(name), n)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read destination: %w", err)
	}
	return top, nil
}

func (n *node) add(name string, child *node) {
	if n.children == nil {
		n.children = map[string]*node{}
	}
	child.parent = n
	n.children[fold(name)] = child
}

// child returns what stands in n under exactly that name, or nil.
func (n *node) child(name string) *node {
	c := n.children[fold(name)]
	if c == nil || path.Base(c.Path) != name {
		return nil
	}
	return c
}

// claim returns what stands in n under name, or nil, and refuses a name that some file systems take for one that stands
// there.
func (n *node) claim(entry, name string) (*node, error) {
	c := n.children[fold(name)]
	if c != nil && path.Base(c.Path) != name {
		return nil, &UnsafeError{entry, fmt.Sprintf("differs from %q only in case", c.Path)}
	}
	return c, nil
}

// descend returns what stands at the path below n, or nil. It follows no links.
func (n *node) descend(elements []string) *node {
	for _, name := range elements {
		if name == "." {
			continue
		}
		if n = n.child(name); n == nil {
			return nil
		}
	}
	return n
}

// maxHops is how many links one path may lead through; os.Root follows no more.
const maxHops = 8

// resolve returns the file or folder that the symbolic link n leads to. It goes step by step, as the kernel does, since
// "link/.." is not what it looks like.
func (n *node) resolve() (*node, error) {
	at, hops := n.parent, 1
	rest := strings.Split(n.Link, "/")
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if at.kind != folder {
			return nil, &CorruptError{n.Path, errDangling}
		}
		next := at
		switch name {
		case "", ".":
		case "..":
			if next = at.parent; next == nil {
				return nil, &UnsafeError{n.Path, "is a symbolic link that leads out of the archive"}
			}
		default:
			next = at.child(name)
		}
		if next != nil && next.kind == link {
			hops++
			rest = append(strings.Split(next.Link, "/"), rest...)
			next = at
		}
		if next == nil || hops > maxHops {
			return nil, &CorruptError{n.Path, errDangling}
		}
		at = next
	}
	return at, nil
}
