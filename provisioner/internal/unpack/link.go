package unpack

import (
	"fmt"
	"io/fs"
	"path/filepath"
)

// addLink records a symbolic link. All links are made at the end, so that nothing is ever written through one, and a
// link may lead to a later entry.
func (x *extractor) addLink(entry, target string) error {
	slot, err := x.slot(entry)
	if err != nil {
		return err
	}
	if err := x.budget.allowPath(target); err != nil {
		return err
	}
	if err := checkTarget(entry, slot.path, target); err != nil {
		return err
	}
	if slot.taken == nil {
		x.put(slot, &node{kind: link, File: File{Path: slot.path, Link: target, Mode: fs.ModeSymlink | 0o777}})
		return nil
	}
	if slot.taken.kind != link || slot.taken.Link != target {
		return &CorruptError{entry, errConflict}
	}
	slot.taken.existed = false
	return nil
}

// makeLinks makes the symbolic links, after it has checked that all of them lead to something in the tree.
func (x *extractor) makeLinks() error {
	var links, targets []*node
	for _, n := range x.made {
		if n.kind != link {
			continue
		}
		if err := x.in.stop(); err != nil {
			return err
		}
		target, err := n.resolve()
		if err != nil {
			return err
		}
		links, targets = append(links, n), append(targets, target)
	}
	for i, n := range links {
		if err := x.makeLink(n, targets[i]); err != nil {
			return err
		}
	}
	for _, n := range links {
		if _, err := x.dst.Stat(n.Path); err != nil {
			return fmt.Errorf("follow symbolic link: %w", err)
		}
	}
	return nil
}

// makeLink makes the symbolic link n. Where the system does not allow it (Windows without the privilege), it copies the
// target instead, if that is a file.
func (x *extractor) makeLink(n, target *node) error {
	err := x.symlink(filepath.FromSlash(n.Link), n.Path)
	if err == nil {
		return nil
	}
	if target.kind != file {
		return unwritable(n.Path, err)
	}
	f, err := x.duplicate(n.Path, target, n.Path)
	if err != nil {
		return err
	}
	n.kind, n.File = file, f
	return nil
}
