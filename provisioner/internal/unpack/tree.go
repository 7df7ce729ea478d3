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

// node is a file, folder or link of the destination, or a link that will be made at the end. The tree of nodes is
// complete, so that no check depends on the file system, whose answers differ.
type node struct {
	File
	kind     kind
	existed  bool // before this extraction, and no entry of the archive repeats it so far
	parent   *node
	children map[string]*node // by folded name
}

// scan returns the tree of the files in root.
func scan(root *os.Root) (*node, error) {
	top := &node{}
	err := fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		n := &node{File: File{Path: name}, existed: true}
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
			return fmt.Errorf("%s is not a file, folder or symbolic link", name)
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

// child returns the node in n with exactly that name, or nil.
func (n *node) child(name string) *node {
	c := n.children[fold(name)]
	if c == nil || path.Base(c.Path) != name {
		return nil
	}
	return c
}

// lookUp returns the node in n with that name, or nil. It returns an error if another name there is equal to it on
// some file systems.
func (n *node) lookUp(entry, name string) (*node, error) {
	c := n.children[fold(name)]
	if c != nil && path.Base(c.Path) != name {
		return nil, &UnsafeError{entry, fmt.Sprintf("differs from %q only in case", c.Path)}
	}
	return c, nil
}

// descend returns the node at a path below n, or nil. It follows no links.
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

// maxHops is how many links one path may lead through. os.Root follows at most as many.
const maxHops = 8

// resolve returns the file or folder that the symbolic link n leads to. It goes step by step, as the kernel does: the
// parent of "link/.." is that of the link's target.
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
