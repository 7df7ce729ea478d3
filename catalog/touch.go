package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
)

const touchInterval = time.Hour

// Touch notes in the record of an ID that it was used, at most once an hour. The rest of the record stays as it is, byte for
// byte. Nothing depends on it: the error may be dropped, and an entry whose lock is taken is left alone.
func (c *Filesystem[T]) Touch(id string) error {
	if !c.Contains(id) {
		return fmt.Errorf("touch %q: %w", id, ErrNotFound)
	}
	lock, ok, err := c.TryLock(id)
	if err != nil || !ok {
		return err
	}
	return errors.Join(c.touch(lock.folder), lock.Release())
}

func (c *Filesystem[T]) touch(folder string) error {
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return err
	}
	defer root.Close()
	name := filepath.Join(folder, RecordFile)
	data, err := readFile(root, name, maxRecordSize)
	if err != nil {
		return err
	}
	touched, err := setLastAccessed(data, c.now())
	if err != nil || touched == nil {
		return err
	}
	return atomicfile.WriteIn(root, name, touched, atomicfile.Options{})
}

// setLastAccessed returns the record with last_accessed set to now, or nil if what it says is recent.
func setLastAccessed(data []byte, now time.Time) ([]byte, error) {
	if !json.Valid(data) { // half of it, which another program is writing: a whole of that would last
		return nil, errors.New("record is not valid JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("record is not an object")
	}
	text := fmt.Sprintf("%q", now.UTC().Format(time.RFC3339Nano))
	var end int64 // of the last value
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		end = dec.InputOffset()
		if key != "last_accessed" {
			continue
		}
		var last time.Time
		if json.Unmarshal(value, &last) == nil && !last.After(now) && now.Sub(last) < touchInterval {
			return nil, nil
		}
		return splice(data, end-int64(len(value)), end, text), nil
	}
	if end == 0 {
		return nil, errors.New("record is empty")
	}
	return splice(data, end, end, ",\n  \"last_accessed\": "+text), nil
}

// splice replaces a part of data.
func splice(data []byte, start, end int64, text string) []byte {
	return bytes.Join([][]byte{data[:start], []byte(text), data[end:]}, nil)
}
