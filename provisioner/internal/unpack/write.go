package unpack

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// addFolder makes a folder, unless it exists.
func (x *extractor) addFolder(entry string) error {
	elements, err := x.split(entry)
	if err != nil {
		return err
	}
	_, err = x.makeFolders(entry, elements)
	return err
}

// addFile writes a file with the content of r.
func (x *extractor) addFile(entry string, mode fs.FileMode, r io.Reader) error {
	slot, err := x.slot(entry)
	if err != nil {
		return err
	}
	if slot.taken == nil {
		f, err := x.write(entry, slot.path, mode, r)
		if err == nil {
			x.put(slot, &node{kind: file, File: f})
		}
		return err
	}
	if slot.taken.kind != file {
		return &CorruptError{entry, errConflict}
	}
	size, sum, err := x.copy(io.Discard, entry, r)
	if err != nil {
		return err
	}
	return x.keep(entry, slot.taken, size, sum)
}

// addHardLink gives an earlier file of the archive a second name.
func (x *extractor) addHardLink(entry, target string) error {
	elements, err := x.split(target)
	if err != nil {
		return err
	}
	n := x.root.descend(elements)
	switch {
	case n == nil || n.existed:
		return &CorruptError{entry, fmt.Errorf("hard link to %q, which does not come before it", target)}
	case n.kind == folder:
		return &UnsafeError{entry, "is a hard link to a folder"}
	case n.kind == link:
		return x.addLink(entry, n.Link)
	}
	slot, err := x.slot(entry)
	if err != nil {
		return err
	}
	if slot.taken != nil {
		if slot.taken.kind != file {
			return &CorruptError{entry, errConflict}
		}
		return x.keep(entry, slot.taken, n.Size, n.SHA256)
	}
	f := n.File
	f.Path = slot.path
	if err := x.hardlink(n.Path, f.Path); err != nil {
		if f, err = x.duplicate(entry, n, slot.path); err != nil {
			return err
		}
	}
	x.put(slot, &node{kind: file, File: f})
	return nil
}

// write makes a file at name with the content of r. Its mode becomes 0755 if anyone may execute it, else 0644.
func (x *extractor) write(entry, name string, mode fs.FileMode, r io.Reader) (File, error) {
	if mode = 0o644 | mode&0o111; mode != 0o644 {
		mode = 0o755
	}
	f, err := x.dst.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return File{}, unwritable(entry, err)
	}
	size, sum, err := x.copy(newFileWriter(f), entry, r)
	if err == nil {
		err = finish(f, mode)
	} else {
		_ = f.Close()
	}
	return File{Path: name, Size: size, SHA256: sum, Mode: mode}, err
}

// finish sets the mode of f, regardless of the umask, and closes it.
func finish(f *os.File, mode fs.FileMode) error {
	if err := errors.Join(f.Chmod(mode), f.Close()); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}

// duplicate makes a copy of n at name, for a file system without links.
func (x *extractor) duplicate(entry string, n *node, name string) (File, error) {
	r, err := x.dst.Open(n.Path)
	if err != nil {
		return File{}, fmt.Errorf("read unpacked file: %w", err)
	}
	defer r.Close()
	return x.write(entry, name, n.Mode, r)
}

// copy writes the content of r to w, within the budget, and returns its size and SHA-256. It reads the next block of a
// large file while earlier ones are hashed and written.
func (x *extractor) copy(w io.Writer, entry string, r io.Reader) (size int64, sum [sha256.Size]byte, err error) {
	h := hasherOf(r)
	r = &meter{r: r, budget: x.budget, total: &x.budget.content}
	var p *pipeline
	for i := 0; ; i++ {
		b := x.blocks[i%len(x.blocks)]
		b.inUse.Wait()
		n, readErr := fill(r, b.space)
		b.bytes = b.space[:n]
		size += int64(n)
		if p == nil {
			if readErr == io.EOF {
				err = errors.Join(h.write(b.bytes), write(w, b.bytes))
				return size, h.sum(), err // r is at its end
			}
			p = newPipeline(h.write, func(bytes []byte) error { return write(w, bytes) })
		}
		p.pass(b)
		if readErr != nil || p.err() != nil {
			err = p.end()
			if err == nil && readErr != io.EOF {
				err = readError(entry, readErr)
			}
			if err != nil {
				return 0, sum, err // the hash is of no use
			}
			return size, h.sum(), nil
		}
	}
}

func write(w io.Writer, bytes []byte) error {
	if _, err := w.Write(bytes); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}

// fill reads until buf is full or r returns an error. Unlike io.ReadFull, it returns io.EOF as it is.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var more int
		more, err = r.Read(buf[n:])
		n += more
	}
	return n, err
}

// keep compares an entry with n, a file of an earlier archive that it would replace. If their contents are equal, n
// stays.
func (x *extractor) keep(entry string, n *node, size int64, sum [sha256.Size]byte) error {
	f, err := x.dst.Open(n.Path)
	if err != nil {
		return fmt.Errorf("read unpacked file: %w", err)
	}
	defer f.Close()
	hash := sha256.New()
	if n.Size, err = io.Copy(hash, f); err != nil {
		return fmt.Errorf("read unpacked file: %w", err)
	}
	n.SHA256, n.existed = [sha256.Size]byte(hash.Sum(nil)), false
	if n.Size != size || n.SHA256 != sum {
		return &CorruptError{entry, errConflict}
	}
	return nil
}
