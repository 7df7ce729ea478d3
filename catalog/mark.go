package catalog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
)

// An entry that does not do what it should is marked bad: its status is Failed then, with a text that begins like this. So the Rust
// hive passes over it too, and a release that turned out bad keeps its place, in which it would be installed again otherwise.
const markedBad = "marked bad"

// maxReason bounds the reason of a mark, in bytes.
const maxReason = 500

// BadStatus is the status of an entry that is marked bad; the reason may be empty.
func BadStatus(reason string) Status {
	if reason = strings.Join(strings.Fields(reason), " "); reason != "" {
		return Status{State: Failed, Error: markedBad + ": " + reason}
	}
	return Status{State: Failed, Error: markedBad}
}

// IsMarkedBad reports whether s is what BadStatus makes.
func (s Status) IsMarkedBad() bool {
	return s.State == Failed && (s.Error == markedBad || strings.HasPrefix(s.Error, markedBad+": "))
}

var markInText = regexp.MustCompile(`"` + markedBad + `(?:: ([^"\\]*))?"`)

// SalvageMark finds a mark in the text of a record that can't be read, and returns the status that it stands for: damage to a record
// must not take a mark off.
func (c *Filesystem[T]) SalvageMark(id string) (Status, bool) {
	folder, err := c.lookup(id)
	if err != nil {
		return Status{}, false
	}
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return Status{}, false
	}
	defer root.Close()
	record, err := readFile(root, filepath.Join(folder, RecordFile), maxRecordSize)
	if err != nil {
		return Status{}, false
	}
	found := markInText.FindSubmatch(record)
	if found == nil {
		return Status{}, false
	}
	return BadStatus(string(found[1])), true
}

// MarkBad marks an entry: it is passed over where the newest is looked for, until MarkGood. Nothing else in its record changes. A
// mark that is there gets the new reason. It waits for the entry's lock, as Lock does; that a worker runs from the entry does not
// matter.
func (c *Filesystem[T]) MarkBad(ctx context.Context, id, reason string, onWait func(holder string)) error {
	if len(reason) > maxReason {
		return fmt.Errorf("mark %q: the reason is longer than %d bytes", id, maxReason)
	}
	return c.mark(ctx, id, onWait, func(now Status) (Status, error) {
		if now.State != Available && !now.IsMarkedBad() {
			return now, fmt.Errorf("it is not available anyway: %s", now)
		}
		return BadStatus(reason), nil
	})
}

// MarkGood takes the mark off an entry; off one that has none it does nothing. It waits as MarkBad does.
func (c *Filesystem[T]) MarkGood(ctx context.Context, id string, onWait func(holder string)) error {
	return c.mark(ctx, id, onWait, func(now Status) (Status, error) {
		if now.State != Available && !now.IsMarkedBad() {
			return now, fmt.Errorf("it is not marked bad, but %s", now)
		}
		return Status{State: Available}, nil
	})
}

func (c *Filesystem[T]) mark(
	ctx context.Context, id string, onWait func(holder string), change func(Status) (Status, error),
) error {
	if _, err := c.get(id); err != nil {
		return fmt.Errorf("mark %q: %w", id, err)
	}
	lock, err := c.Lock(ctx, id, onWait)
	if err != nil {
		return fmt.Errorf("mark %q: %w", id, err)
	}
	if err = c.markLocked(lock, change); err != nil {
		err = fmt.Errorf("mark %q: %w", id, err)
	}
	return errors.Join(err, lock.Release())
}

func (c *Filesystem[T]) markLocked(lock *Lock, change func(Status) (Status, error)) error {
	have, err := c.get(lock.id)
	if err != nil {
		return err
	}
	status, err := change(have.ArtifactStatus())
	if err != nil || status == have.ArtifactStatus() {
		return err
	}
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return err
	}
	defer root.Close()
	name := filepath.Join(lock.folder, RecordFile)
	data, err := readFile(root, name, maxRecordSize)
	if err != nil {
		return err
	}
	if data, err = setStatus(data, status); err != nil {
		return err
	}
	if len(data) > maxRecordSize {
		return errors.New("the record would become too large")
	}
	return atomicfile.WriteIn(root, name, data, atomicfile.Options{})
}
