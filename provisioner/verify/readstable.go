package verify

import (
	"os"

	"github.com/rbee-keeper/provision/catalog"
)

// maxReads bounds how often an entry is read again because it changed meanwhile.
const maxReads = 10

// ReadStable calls read for the contents of an entry's folder. If read finds a problem (isFine is false) and the folder
// was replaced or changed meanwhile by another process, it calls read again. The error is that of the last call, or
// catalog.ErrNotFound if the folder no longer exists.
func ReadStable(dir string, read func() (isFine bool, err error)) error {
	for n := 1; ; n++ {
		before, err := os.Lstat(dir)
		if isAbsent(err) {
			return catalog.ErrNotFound
		}
		if err != nil {
			return err
		}
		isFine, readErr := read()
		if isFine || n == maxReads {
			return readErr
		}
		after, err := os.Lstat(dir)
		if err == nil && os.SameFile(before, after) && before.ModTime().Equal(after.ModTime()) {
			return readErr
		}
	}
}
