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
	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/catalog/internal/record"
)

// A bad entry stays installed with status Failed and a text that begins like this, so that the same release is not
// installed again. The Rust hive does not use it either.
const markedBad = "marked bad"

// maxReason bounds the reason of a mark, in bytes.
const maxReason = 500

// BadStatus returns the status of an entry that is marked bad; the reason may be empty.
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

// SalvageMark finds a mark in the text of a record that can't be read, and returns its status: damage to a record must
// not remove a mark.
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
	record, err := files.Read(root, filepath.Join(folder, RecordFile), record.MaxSize)
	if err != nil {
		return Status{}, false
	}
	found := markInText.FindSubmatch(record)
	if found == nil {
		return Status{}, false
	}
	return BadStatus(string(found[1])), true
}

// MarkBad marks an entry as bad: until MarkGood it is not used. Nothing else in its record changes. An existing mark
// gets the new reason. MarkBad waits for the entry's lock, as Lock does. A worker may be running from the entry.
func (c *Filesystem[T]) MarkBad(ctx context.Context, id, reason string, opts LockOptions) error {
	if len(reason) > maxReason {
		return fmt.Errorf("mark %q: the reason is longer than %d bytes", id, maxReason)
	}
	return c.mark(ctx, id, opts, func(now Status) (Status, error) {
		if now.State != Available && !now.IsMarkedBad() {
			return now, fmt.Errorf("it is not available anyway: %s", now)
		}
		return BadStatus(reason), nil
	})
}

// MarkGood removes the mark of an entry, if there is one. It waits as MarkBad does.
func (c *Filesystem[T]) MarkGood(ctx context.Context, id string, opts LockOptions) error {
	return c.mark(ctx, id, opts, func(now Status) (Status, error) {
		if now.State != Available && !now.IsMarkedBad() {
			return now, fmt.Errorf("it is not marked bad, but %s", now)
		}
		return Status{State: Available}, nil
	})
}

func (c *Filesystem[T]) mark(
	ctx context.Context, id string, opts LockOptions, change func(Status) (Status, error),
) error {
	if _, err := c.get(id); err != nil {
		return fmt.Errorf("mark %q: %w", id, err)
	}
	lock, err := c.Lock(ctx, id, opts)
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
	data, err := files.Read(root, name, record.MaxSize)
	if err != nil {
		return err
	}
	text, err := status.MarshalJSON()
	if err != nil {
		return err
	}
	if data, err = record.SetStatus(data, text, string(status.State)); err != nil {
		return err
	}
	return atomicfile.WriteIn(root, name, data, atomicfile.Options{})
}
