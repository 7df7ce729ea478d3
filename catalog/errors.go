package catalog

import (
	"errors"
	"fmt"

	"github.com/rbee-keeper/provision/catalog/printable"
)

// Errors of a catalog, to be told with errors.Is; ErrInvalidID is another.
var (
	// ErrNotFound is returned where no entry has the ID, or none fits a Match.
	ErrNotFound = errors.New("not in the catalog")
	// ErrExists is returned by Add for an ID that has an entry.
	ErrExists = errors.New("already in the catalog")
	// ErrCollision is returned for an ID whose folder belongs to the entry of another ID.
	ErrCollision = errors.New("folder belongs to another ID")
)

// RecordError tells of an entry whose record can't be read.
type RecordError struct {
	Dir string // absolute path of the entry's folder
	Err error
}

// Error names the folder and the cause.
func (e *RecordError) Error() string {
	return fmt.Sprintf("read record in %s: %v", printable.Name(e.Dir), e.Err)
}

// Unwrap returns the cause.
func (e *RecordError) Unwrap() error { return e.Err }
