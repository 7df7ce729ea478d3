package transfer

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

const maxNoteSize = 64 << 10

// note is what lasts beside an unfinished file: whose bytes these are.
type note struct {
	URL       string `json:"url"`                 // without secrets
	Validator string `json:"validator,omitempty"` // a strong ETag, or a Last-Modified; empty can't be resumed
	Total     int64  `json:"total,omitempty"`     // bytes; 0 is unknown
}

// part is an unfinished file and its note.
type part struct {
	root *os.Root
	name string // of the finished file
	file *os.File
	note note
	done int64 // bytes in file
}

func (p *part) path() string     { return p.name + ".part" }
func (p *part) notePath() string { return p.name + ".part.json" }

// openPart takes up what an earlier try for the same address left, or begins anew.
func openPart(root *os.Root, req Request) (*part, error) {
	p := &part{root: root, name: req.Name}
	var err error
	if p.file, err = root.OpenFile(p.path(), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	size, err := p.file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	p.note = p.readNote()
	if p.note.URL == Redact(req.URL) && p.note.Validator != "" && size <= req.MaxSize && (req.Size == 0 || size <= req.Size) {
		p.done = size
		return p, nil
	}
	if err := p.restart(note{URL: Redact(req.URL)}); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	return p, nil
}

// readNote returns the zero note if there is none that can be read.
func (p *part) readNote() (n note) {
	f, err := p.root.Open(p.notePath())
	if err != nil {
		return note{}
	}
	defer f.Close()
	if json.NewDecoder(io.LimitReader(f, maxNoteSize)).Decode(&n) != nil {
		return note{}
	}
	return n
}

// restart drops all bytes; what comes next is described by n. The bytes go first, so that a note never tells of foreign ones.
func (p *part) restart(n note) error {
	p.done, p.note = 0, n
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return p.root.WriteFile(p.notePath(), data, 0o600)
}

// forget makes what is there impossible to resume.
func (p *part) forget() error { return p.restart(note{URL: p.note.URL}) }

// matches reports whether the file's bytes have digest d.
func (p *part) matches(d catalog.Digest) (bool, error) {
	h := d.Hash()
	if _, err := io.Copy(h, io.NewSectionReader(p.file, 0, p.done)); err != nil {
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
	if err := p.root.Remove(p.notePath()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
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

// validatorOf returns what If-Range can be asked with: a weak ETag does not promise the same bytes.
func validatorOf(h http.Header) string {
	if etag := h.Get("ETag"); etag != "" {
		if strings.HasPrefix(etag, `"`) {
			return etag
		}
		return ""
	}
	return h.Get("Last-Modified")
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
