package verify

import (
	"os"

	"github.com/rbee-keeper/provision/catalog"
)

// maxLooks bounds how often an entry is looked at again because it changed meanwhile.
const maxLooks = 10

// ReadStable looks at what is in an entry's folder, and again as long as what looks wrong is another process replacing or removing
// it. Its error is that of the last look, or catalog.ErrNotFound if the folder is gone.
func ReadStable(dir string, look func() (isFine bool, err error)) error {
	for n := 1; ; n++ {
		before, err := os.Lstat(dir)
		if isAbsent(err) {
			return catalog.ErrNotFound
		}
		if err != nil {
			return err
		}
		isFine, lookErr := look()
		if isFine || n == maxLooks {
			return lookErr
		}
		after, err := os.Lstat(dir)
		if err == nil && os.SameFile(before, after) && before.ModTime().Equal(after.ModTime()) {
			return lookErr
		}
	}
}
