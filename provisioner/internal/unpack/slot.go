package unpack

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// slot is a place in the tree for a new file or link.
type slot struct {
	path   string
	parent *node
	name   string // within parent
	taken  *node  // the file or link of an earlier archive, or nil
}

// slot returns the place for entry, which is not a folder, and makes the folders above it.
func (x *extractor) slot(entry string) (slot, error) {
	elements, err := x.split(entry)
	if err != nil {
		return slot{}, err
	}
	if len(elements) == 0 || strings.HasSuffix(entry, "/") {
		return slot{}, &UnsafeError{entry, "is not a folder, but is named like one"}
	}
	last := len(elements) - 1
	parent, err := x.makeFolders(entry, elements[:last])
	if err != nil {
		return slot{}, err
	}
	taken, err := parent.lookUp(entry, elements[last])
	if err != nil {
		return slot{}, err
	}
	if taken != nil && !taken.existed {
		return slot{}, &UnsafeError{entry, "comes twice"}
	}
	return slot{strings.Join(elements, "/"), parent, elements[last], taken}, nil
}

func (x *extractor) split(name string) ([]string, error) {
	if err := x.budget.allowPath(name); err != nil {
		return nil, err
	}
	return splitName(name)
}

func (x *extractor) put(s slot, n *node) {
	s.parent.add(s.name, n)
	x.made = append(x.made, n)
}

// makeFolders returns the folder with that path and makes the folders that are missing.
func (x *extractor) makeFolders(entry string, elements []string) (*node, error) {
	at := x.root
	for i, name := range elements {
		next, err := at.lookUp(entry, name)
		switch {
		case err != nil:
			return nil, err
		case next == nil:
			next = &node{kind: folder, File: File{Path: strings.Join(elements[:i+1], "/")}}
			if err := x.mkdir(entry, next.Path); err != nil {
				return nil, err
			}
			at.add(name, next)
		case next.kind == link:
			return nil, &UnsafeError{entry, fmt.Sprintf("leads through the symbolic link %q", next.Path)}
		case next.kind == file && next.existed:
			return nil, &CorruptError{entry, errConflict}
		case next.kind == file:
			return nil, &UnsafeError{entry, fmt.Sprintf("leads through the file %q", next.Path)}
		}
		at = next
	}
	return at, nil
}

func (x *extractor) mkdir(entry, name string) error {
	if err := x.budget.addEntry(); err != nil {
		return err
	}
	if err := x.dst.Mkdir(name, 0o755); err != nil {
		return unwritable(entry, err)
	}
	if err := x.dst.Chmod(name, 0o755); err != nil { // regardless of the umask
		return fmt.Errorf("write entry: %w", err)
	}
	return nil
}

// unwritable classifies an error of making a new file or folder. If it exists, two names that differ for this package
// are equal for the file system.
func unwritable(entry string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return &UnsafeError{entry, "has a name that is the same as another entry's on this file system"}
	}
	return fmt.Errorf("write entry: %w", err)
}
