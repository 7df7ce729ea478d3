package transfer

import (
	"errors"
	"io"
	"os"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner/redact"
)

// part is an unfinished file and its note. Connections write to the file at once, each to its piece.
type part struct {
	root *os.Root
	name string // of the finished file
	file *os.File
	note note
}

func (p *part) path() string     { return p.name + ".part" }
func (p *part) notePath() string { return p.name + ".part.json" }

// openPart opens what an earlier try left; its note is of the zero value where there is none to be believed.
func openPart(root *os.Root, name string) (*part, error) {
	p := &part{root: root, name: name}
	var err error
	if p.file, err = root.OpenFile(p.path(), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	p.note = readNote(root, p.notePath())
	return p, nil
}

// have lists the bytes that count. It is false if they are of no use for req.
func (p *part) have(req Request) ([]span, bool, error) {
	size, err := p.size()
	if err != nil {
		return nil, false, err
	}
	spans, ok := p.note.spans(size)
	largest := max(size, p.note.Total)
	fits := p.note.URL == redact.URL(req.URL) && largest <= req.MaxSize && (req.Size == 0 || largest <= req.Size)
	return spans, ok && fits, nil
}

func (p *part) size() (int64, error) {
	info, err := p.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// restart drops all bytes, in place. What comes next is described by n. The bytes go first, so that a note never tells of
// foreign ones.
func (p *part) restart(n note) error {
	p.note = n
	// An empty file is left alone: ext4 writes a file that was truncated to the disk when it is closed, where nobody needs it.
	if size, err := p.size(); err != nil || size > 0 {
		if err = errors.Join(err, p.file.Truncate(0)); err != nil {
			return err
		}
	}
	return n.write(p.root, p.notePath())
}

// scatter prepares for bytes that are not written in order: from now on only what is noted counts.
func (p *part) scatter(have []span) error {
	if p.note.Scattered {
		return nil
	}
	p.note.Scattered = true
	return p.save(have)
}

// save notes what is there. The bytes are written already, so a process that is killed never leaves a note of others.
func (p *part) save(have []span) error {
	if !p.note.Scattered {
		return nil
	}
	p.note.Have = have
	return p.note.write(p.root, p.notePath())
}

// matches reports whether the whole file has digest d.
func (p *part) matches(d catalog.Digest, size int64) (bool, error) {
	h := d.Hash()
	if _, err := io.Copy(h, io.NewSectionReader(p.file, 0, size)); err != nil {
		return false, err
	}
	return d.Matches(h), nil
}

// finish closes the file and gives it its final name.
func (p *part) finish() error {
	if err := p.close(); err != nil {
		return err
	}
	if err := p.root.Rename(p.path(), p.name); err != nil {
		return err
	}
	for _, name := range []string{p.notePath(), p.notePath() + newSuffix} {
		if err := p.root.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// close closes the file once.
func (p *part) close() error {
	if p.file == nil {
		return nil
	}
	file := p.file
	p.file = nil
	return file.Close()
}

// isFinished reports whether the finished file is there already, by its digest.
func isFinished(root *os.Root, req Request) (int64, bool) {
	if !req.Digest.Valid() {
		return 0, false
	}
	f, err := root.Open(req.Name)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	h := req.Digest.Hash()
	size, err := io.Copy(h, io.LimitReader(f, req.MaxSize+1))
	return size, err == nil && req.Digest.Matches(h)
}
